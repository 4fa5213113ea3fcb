// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

@Suite struct CompilerCheckTests {
    private static let own = """
        base-O2 compile_base 0 aaaa bbbb
        -g compile_g 0 cccc dddd
        -fstack-protector-strong compile_p 0 eeee ffff
        answers answer_v 0 9999 8888
        end

        """

    @Test func `the same output is agreement`() {
        #expect(CompilerCheck.agreement(of: Self.own, and: Self.own) == .assumed)
    }

    @Test func `other code with an option is an exception for its relatives, too`() {
        let agreement = CompilerCheck.agreement(of: Self.own, and: Self.own.replacing("eeee", with: "0000"))
        #expect(agreement.disagreement == nil)
        #expect(Array(agreement.exceptions.keys) == ["-fstack-protector"])
    }

    @Test func `drivers that answer otherwise, or nothing, compile all the same`() {
        let other = CompilerCheck.agreement(of: Self.own, and: Self.own.replacing("9999", with: "0000"))
        #expect(!other.answersAlike && other.disagreement == nil && other.exceptions.isEmpty)
        let silent = Self.own.replacing("answers answer_v 0 9999 8888\n", with: "")
        #expect(!CompilerCheck.agreement(of: silent, and: silent).answersAlike)
    }

    @Test(arguments: ["aaaa", "bbbb"]) func `other code without any option is disagreement`(digest: String) {
        let agreement = CompilerCheck.agreement(of: Self.own, and: Self.own.replacing(digest, with: "0000"))
        #expect(agreement.disagreement == "the tools tree's compiler generates different code (compile_base)")
    }

    @Test func `another status, or a line too few, is disagreement`() {
        let failed = Self.own.replacing("compile_base 0", with: "compile_base 1")
        #expect(CompilerCheck.agreement(of: Self.own, and: failed).disagreement != nil)
        let fewer = Self.own.split(separator: "\n").dropFirst().joined(separator: "\n")
        #expect(CompilerCheck.agreement(of: Self.own, and: fewer).disagreement != nil)
    }

    @Test func `a script that did not come to its end proves nothing`() {
        let cut = Self.own.replacing("end\n", with: "")
        #expect(
            CompilerCheck.agreement(of: Self.own, and: cut).disagreement
                == "the tools tree's compiler does not work")
        #expect(CompilerCheck.agreement(of: cut, and: cut).disagreement == "the root's own compiler does not work")
        #expect(CompilerCheck.agreement(of: "end", and: "end").disagreement != nil)
        let failing = "base a 1 b c\nend\n"
        #expect(CompilerCheck.agreement(of: failing, and: failing).disagreement != nil)
    }

    @Test func `the script has every job done, and what it prints is compared`() throws {
        try withScratchDirectory { scratch in
            let tree = try Directory.open(scratch)
            // Compilers whose output is their arguments.
            let compiler = """
                #!/bin/sh
                all="$*"
                for last; do [ "$previous" = -o ] && output=$last; previous=$last; done
                echo "$VARIANT ${0##*/} $all" > "${output:-/dev/stdout}"

                """
            for name in ["gcc", "g++", "objcopy"] as [FilePath.Component] {
                let text = name == "objcopy" ? "#!/bin/sh\n" : compiler
                try tree.createFile(name, holding: Array(text.utf8), permissions: FilePermissions(rawValue: 0o755))
            }
            func output(_ variant: String) throws -> String {
                let environment = ["PATH=\(scratch):/usr/bin:/bin", "TMPDIR=\(scratch)", "VARIANT=\(variant)"]
                return try ChildProcess.run("/bin/sh", ["-c", CompilerCheck.script], environment: environment)
                    .outputText
            }
            let first = try output("1")
            #expect(first.split(separator: "\n").count > 20)
            #expect(CompilerCheck.agreement(of: first, and: try output("1")) == .assumed)
            #expect(CompilerCheck.agreement(of: first, and: try output("2")).disagreement != nil)
            #expect(try tree.status(of: "compiler-check") == nil)
        }
    }
}
