// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

/// Processes that have little of what a process has.
@Suite struct ExecutionLimitsTests {
    /// How the foreign program ends.
    private let emulated = ChildProcess.End.exited(42)

    /// Has `script` executed with the shell standing in for the program, and with nothing standing in.
    private func ends(_ script: String, _ programs: AcceleratedPrograms) throws -> [ChildProcess.End] {
        try [[try programs.entry()], []].map { entries in
            try programs.register(DispatchTable(entries))
            return try programs.python(script).end
        }
    }

    @Test(arguments: ["arguments", "environment"])
    func theLongestListIsExecuted(what: String) throws {
        try AcceleratedPrograms.with { programs in
            let entry = try programs.entry(environment: ["A=\(String(repeating: "a", count: 4000))", "B=2", "C=3"])
            try programs.register(DispatchTable([entry]))
            // The longest that the kernel takes, to the byte, and what became of it.
            let script = """
                def end(program, size):
                    rest = ["x" * 99999] * (size // 100000) + ["x" * (size % 100000)]
                    named = {"V%d" % number: text for number, text in enumerate(rest)}
                    arguments, environment = (rest, {}) if "\(what)" == "arguments" else ([], named)
                    process = os.posix_spawn(program, [program, "-c", "exit 7"] + arguments, environment)
                    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

                def longest(program):
                    low, high = 0, 1 << 24
                    while high - low > 1:
                        middle = (low + high) // 2
                        try:
                            end(program, middle)
                            low = middle
                        except OSError as error:
                            if error.errno != errno.E2BIG: raise
                            high = middle
                    return low

                length = longest(path)
                print(longest("/bin/sh") - length, end(path, length), end(path, length - 10000))
                """
            let said = try programs.python(script).outputText.split(separator: " ").compactMap {
                Int($0.filter { !$0.isNewline })
            }
            try #require(said.count == 3)
            // What the kernel puts in front for the interpreter.
            #expect((0..<2048).contains(said[0]))
            // There is no room for more variables any more.
            #expect(said[1] == 42)
            #expect(said[2] == 7)
        }
    }

    @Test func standardDescriptorsMayBeClosed() throws {
        try AcceleratedPrograms.with { programs in
            // The kernel opens the program with the lowest number that is free: nobody is to find it there.
            let script = """
                for number in range(3): os.close(number)
                check = "for n in 0 1 2 3; do [ -e /proc/self/fd/$n ] && exit 1; done; exit 7"
                os.execv(path, ["sh", "-c", check])
                """
            let ends = try ends(script, programs)
            #expect(ends == [.exited(7), emulated])
        }
    }

    @Test func oneFreeDescriptorIsEnough() throws {
        try AcceleratedPrograms.with { programs in
            let script = """
                import resource
                resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))
                os.execv(path, ["sh", "-c", "exit 7"])
                """
            let ends = try ends(script, programs)
            #expect(ends == [.exited(7), emulated])
        }
    }

    @Test func theStackMayBeSmall() throws {
        try AcceleratedPrograms.with { programs in
            let log = programs.scratch.appending("log.bin")
            try AtomicFile.write([], to: log)
            try programs.register(DispatchTable([try programs.entry()], log: log))
            let script = """
                import resource
                resource.setrlimit(resource.RLIMIT_STACK, (128 << 10, 128 << 10))
                os.execv(path, ["sh", "-c", "exit 7"])
                """
            #expect(try programs.python(script).end == .exited(7))
            let ends = try ends(script, programs)
            #expect(ends == [.exited(7), emulated])
        }
    }

    @Test func withoutProcItWorksAndIsWrittenDown() throws {
        try AcceleratedPrograms.with { programs in
            let log = programs.scratch.appending("log.bin")
            for (entries, end) in [([try programs.entry()], ChildProcess.End.exited(7)), ([], emulated)] {
                try AtomicFile.write([], to: log)
                try programs.register(DispatchTable(entries, log: log))
                let hidden = try programs.binfmt.execute([
                    "unshare", "--mount", "bash", "-c", #"mount -t tmpfs none /proc && exec -a other "$@""#, "bash",
                    programs.program.string, "-c", "exit 7",
                ])
                #expect(hidden.end == end, "\(hidden.errorText)")
                #expect(DispatchLog(parsing: try log.readFile()).records.map(\.program) == [programs.program])
            }
        }
    }

    @Test func withoutTheRightToGainRightsItIsExecuted() throws {
        try AcceleratedPrograms.with { programs in
            let script = """
                import ctypes
                assert ctypes.CDLL(None).prctl(38, 1, 0, 0, 0) == 0
                os.execv(path, ["sh", "-c", "exit 7"])
                """
            let ends = try ends(script, programs)
            #expect(ends == [.exited(7), emulated])
        }
    }

    @Test func namespacesInsideMakeNoDifference() throws {
        try AcceleratedPrograms.withEntry { programs in
            let command = [programs.program.string, "-c", "exit 7"]
            for option in ["--user", "--mount", "--pid", "--net"] {
                let end = try programs.binfmt.execute(["unshare", "--fork", option] + command).end
                #expect(end == .exited(7), "\(option)")
            }
        }
    }

    @Test func whereTheNativeProgramCannotBeSeenItIsEmulated() throws {
        try AcceleratedPrograms.with { programs in
            let tools = programs.scratch.appending("tools")
            try tools.makeDirectories()
            try installProgram(Array("#!/bin/sh\nexit 7\n".utf8), at: tools.appending("sh"))
            try programs.register(DispatchTable([try programs.entry(tools.appending("sh"))]))
            #expect(try programs.run("").end == .exited(7))
            func end(after step: String) throws -> ChildProcess.End {
                try programs.binfmt.execute([
                    "unshare", "--mount", "sh", "-ec", step + #"; exec "$2""#, "sh", tools.string,
                    programs.program.string,
                ]).end
            }
            #expect(try end(after: ":") == .exited(7))
            #expect(try end(after: #"mount -t tmpfs none "$1""#) == emulated)
            // The root's own tree at another place, with the listed file in it and nothing else of the run's.
            let bound = try programs.binfmt.execute([
                "unshare", "--mount", "sh", "-ec",
                #"mkdir "$1/all"; mount --bind "$1" "$1/all"; exec chroot "$1/all" /sh -c 'exit 7'"#, "sh",
                programs.scratch.string,
            ])
            #expect(bound.end == emulated, "\(bound.errorText)")
        }
    }
}
