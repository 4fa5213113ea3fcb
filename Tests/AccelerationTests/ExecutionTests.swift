// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

/// The ways that lead to a listed program, by the system calls that shells do not make.
@Suite struct ExecutionTests {
    /// How the foreign program ends.
    private let emulated = ChildProcess.End.exited(42)

    /// Runs a Python script with the program's path as its argument.
    private func python(_ programs: AcceleratedPrograms, _ script: String) throws -> ChildProcess {
        try programs.binfmt.execute(
            ["python3", "-c", "import errno, os, sys\npath = sys.argv[1]\n" + script, programs.program.string])
    }

    private func withEntry(_ body: (AcceleratedPrograms) throws -> Void) throws {
        try AcceleratedPrograms.with { programs in
            try programs.register(DispatchTable([try programs.entry()]))
            try body(programs)
        }
    }

    @Test func aDescriptorIsExecuted() throws {
        try withEntry { programs in
            // fexecve(3). The kernel's condition for anything that is interpreted is that the descriptor stays open.
            let script = """
                program = os.open(path, os.O_RDONLY)
                os.set_inheritable(program, True)
                os.execve(program, ["name", "-c", 'echo $0; ls -l /proc/self/fd; exit 7'], {"PATH": "/bin:/usr/bin"})
                """
            let child = try python(programs, script)
            #expect(child.end == .exited(7))
            #expect(child.outputText.hasPrefix("name\n"))
            // Once, as the caller's, and not again as the kernel's.
            #expect(child.outputText.split(separator: "\n").filter { $0.hasSuffix(programs.program.string) }.count == 1)
        }
    }

    @Test func aFileInMemoryIsNoListedOne() throws {
        try withEntry { programs in
            let script = """
                program = os.memfd_create("sh", 0)
                os.write(program, open(path, "rb").read())
                os.execve(program, ["sh", "-c", "exit 7"], {})
                """
            let end = try python(programs, script).end
            #expect(end == emulated)
        }
    }

    @Test func aListedFileThatWasDeletedIsEmulated() throws {
        try withEntry { programs in
            let script = """
                program = os.open(path, os.O_RDONLY)
                os.unlink(path)
                os.set_inheritable(program, True)
                os.execve(program, ["sh", "-c", "exit 7"], {})
                """
            let end = try python(programs, script).end
            #expect(end == emulated)
        }
    }

    @Test func itIsSpawned() throws {
        try withEntry { programs in
            let script = """
                process = os.posix_spawn(path, ["sh", "-c", "exit 7"], {})
                sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
                """
            let end = try python(programs, script).end
            #expect(end == .exited(7))
        }
    }

    @Test func openDescriptorsAreInherited() throws {
        try withEntry { programs in
            func descriptors(_ program: String) throws -> String {
                let script = """
                    ends = os.pipe()
                    for number in (5, 20): os.dup2(ends[0], number, inheritable=True)
                    os.execv(sys.argv[1], ["sh", "-c", "ls /proc/self/fd"])
                    """
                return try programs.binfmt.execute(["python3", "-c", "import os, sys\n" + script, program]).outputText
            }
            let plain = try descriptors("/bin/sh")
            #expect(plain.split(separator: "\n").contains("20"))
            let first = try descriptors(programs.program.string)
            #expect(first == plain)
            // Writing to the log leaves nothing open either.
            let log = programs.scratch.appending("log.bin")
            try AtomicFile.write([], to: log)
            try programs.register(DispatchTable([try programs.entry()], log: log))
            let second = try descriptors(programs.program.string)
            #expect(second == plain)
            #expect(DispatchLog(parsing: try log.readFile()).records.map(\.outcome) == [.native])
        }
    }

    @Test func hardLinksAreTheSameFile() throws {
        try AcceleratedPrograms.with { programs in
            let link = programs.scratch.appending("hard")
            let made = try programs.binfmt.execute(["ln", programs.program.string, link.string])
            #expect(made.succeeded)
            try programs.register(DispatchTable([try programs.entry()]))
            #expect(try programs.run("exit 7", by: link).end == .exited(7))
            #expect(try programs.run("exit 7").end == .exited(7))
        }
    }

    @Test func theLongestArgumentListIsExecuted() throws {
        try AcceleratedPrograms.with { programs in
            let entry = try programs.entry(environment: ["A=\(String(repeating: "a", count: 4000))", "B=2", "C=3"])
            try programs.register(DispatchTable([entry]))
            // The longest that the kernel takes, to the byte, and what became of it.
            let script = """
                def end(program, size):
                    rest = ["x" * 99999] * (size // 100000) + ["x" * (size % 100000)]
                    process = os.posix_spawn(program, [program, "-c", "exit 7"] + rest, {})
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
            let said = try python(programs, script).outputText.split(separator: " ").compactMap {
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
}
