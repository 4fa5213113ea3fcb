// SPDX-License-Identifier: Apache-2.0

import Architectures
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

@testable import Acceleration

/// What is found out about the programs of a tools tree.
@Suite struct ToolsProofTests {
    @Test func whatTheLoaderDoesNotFindIsRefused() {
        let proof = LoaderProof(
            ["/usr/bin/a", "/usr/bin/b", "/usr/bin/c", "/usr/bin/d"], statics: ["/usr/bin/s"], host: .amd64)
        var record = ToolsRecord()
        proof.complete(
            &record,
            with: """
                = /usr/bin/a
                \tlinux-vdso.so.1 (0x1)
                \tlibc.so.6 => /run/mangrove/lib/libc.so.6 (0x2)
                \t/run/mangrove/////////ld.so (0x3)
                # 0
                = /usr/bin/b
                \tlibman.so => not found
                \tlibc.so.6 => /run/mangrove/lib/libc.so.6 (0x2)
                # 0
                = /usr/bin/c
                \tlibc.so.6 => /lib/libc.so.6 (0x2)
                # 0
                = /usr/bin/d
                /usr/bin/d: undefined symbol: x
                # 1

                """, tree: "/nowhere")
        #expect(record.programs.keys.sorted() == ["/usr/bin/a", "/usr/bin/s"])
        #expect(record.programs["/usr/bin/a"]?.libraries == ["libc.so.6"])
        #expect(record.refusal("/usr/bin/a") == nil)
        #expect(record.refusal("/usr/bin/b") == "the tools tree lacks its library libman.so")
        #expect(record.refusal("/usr/bin/c")?.contains("libc.so.6") == true)
        #expect(record.refusal("/usr/bin/d")?.contains("undefined symbol") == true)
        #expect(record.refusal("/usr/bin/e") == "not verified to run natively")
        #expect(ToolsRecord(parsing: record.bytes) == record)
    }

    /// The host's own shell says another machine then.
    @Test func longerStringsTakeThePlacesOfShorterOnes() throws {
        guard Architecture.host == .amd64, let bytes = try? FilePath("/bin/bash").readFile(limit: 1 << 30),
            var program = ELFProgram(parsing: bytes), Bytes.contain(bytes, Array("x86_64-pc-linux-gnu\0".utf8))
        else { return print("not tried here: no bash that names this machine") }
        let isReplaced = program.replaceString("x86_64-pc-linux-gnu", by: "aarch64-unknown-linux-gnu")
        #expect(isReplaced)
        let isNobodys = program.replaceString("x86_64-of-nobody", by: "aarch64")
        #expect(!isNobodys)
        try withScratchDirectory { scratch in
            let path = scratch.appending("bash")
            try installProgram(program.bytes, at: path)
            let said = try ChildProcess.run(path, ["--version"]).outputText
            #expect(said.contains("(aarch64-unknown-linux-gnu)"))
            let machine = try ChildProcess.run(path, ["-c", "echo $MACHTYPE ${BASH_VERSINFO[5]}"]).outputText
            #expect(machine == "aarch64-unknown-linux-gnu aarch64-unknown-linux-gnu\n")
        }
    }

    @Test func modulesOfNameServicesAreThoseOfAllDatabases() {
        let text =
            "# passwd: no\npasswd: files  extrausers # x\nhosts: files [NOTFOUND=return !UNAVAIL=merge] dns\nbad\n"
        #expect(NameServices.modules(text) == ["files", "extrausers", "dns"])
    }

    @Test func aModuleThatTheToolsTreeLacksKeepsNativeProgramsFromLookingUpNames() throws {
        try PairedTrees.with { trees in
            try trees.installBoth("coreutils", "9.1", "/usr/bin/id")
            let etc = trees.root.appending("etc")
            try etc.makeDirectories()
            try AtomicFile.write(Array("passwd: files own\n".utf8), to: etc.appending("nsswitch.conf"))
            var record = ToolsRecord()
            record.programs["/usr/bin/id"] = ToolsRecord.Program()
            record.programs["/usr/bin/id"]?.looksUpNames = true
            func changes() throws -> [FilePath: FileState?] {
                try #require(trees.plan { $0.record = record }.entries.first).exceptions.changes
            }
            // Nobody has it: it must not come to be.
            let library: FilePath = "/usr/lib/aarch64-linux-gnu/libnss_own.so.2"
            #expect(try changes()[library] == .some(nil))
            #expect(try changes()["/"] == nil)
            let place = trees.root.pushing(FilePath(String(library.string.dropFirst())))
            try place.removingLastComponent().makeDirectories()
            try AtomicFile.write([], to: place)
            // No state of this one lets it run.
            #expect(try changes()["/"] == .some(nil))
        }
    }
}
