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

    @Test func aDescriptorIsExecuted() throws {
        try AcceleratedPrograms.withEntry { programs in
            // fexecve(3). The kernel's condition for anything that is interpreted is that the descriptor stays open.
            let script = """
                program = os.open(path, os.O_RDONLY)
                os.set_inheritable(program, True)
                os.execve(program, ["name", "-c", 'echo $0; ls -l /proc/self/fd; exit 7'], {"PATH": "/bin:/usr/bin"})
                """
            let child = try programs.python(script)
            #expect(child.end == .exited(7))
            #expect(child.outputText.hasPrefix("name\n"))
            // Once, as the caller's, and not again as the kernel's.
            #expect(child.outputText.split(separator: "\n").filter { $0.hasSuffix(programs.program.string) }.count == 1)
        }
    }

    @Test func aFileInMemoryIsNoListedOne() throws {
        try AcceleratedPrograms.withEntry { programs in
            let script = """
                program = os.memfd_create("sh", 0)
                os.write(program, open(path, "rb").read())
                os.execve(program, ["sh", "-c", "exit 7"], {})
                """
            let end = try programs.python(script).end
            #expect(end == emulated)
        }
    }

    @Test func aListedFileThatWasDeletedIsEmulated() throws {
        try AcceleratedPrograms.withEntry { programs in
            let script = """
                program = os.open(path, os.O_RDONLY)
                os.unlink(path)
                os.set_inheritable(program, True)
                os.execve(program, ["sh", "-c", "exit 7"], {})
                """
            let end = try programs.python(script).end
            #expect(end == emulated)
        }
    }

    @Test func itIsSpawned() throws {
        try AcceleratedPrograms.withEntry { programs in
            let script = """
                process = os.posix_spawn(path, ["sh", "-c", "exit 7"], {})
                sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
                """
            let end = try programs.python(script).end
            #expect(end == .exited(7))
        }
    }

    @Test func itIsStartedAfterVfork() throws {
        try AcceleratedPrograms.withEntry { programs in
            let script = """
                import subprocess
                assert subprocess._USE_VFORK
                sys.exit(subprocess.call([path, "-c", "exit 7"], close_fds=False))
                """
            let end = try programs.python(script).end
            #expect(end == .exited(7))
        }
    }

    @Test func aScriptIsTheInterpreterOfAScript() throws {
        try AcceleratedPrograms.withEntry { programs in
            let scripts = ["inner", "outer"].map { programs.scratch.appending($0) }
            try installProgram(Array("#!\(programs.program)\nexit $(($# + 10))\n".utf8), at: scripts[0])
            try installProgram(Array("#!\(scripts[0])\nnothing\n".utf8), at: scripts[1])
            #expect(try programs.binfmt.execute([scripts[1].string, "a", "b"]).end == .exited(13))
        }
    }

    @Test func openDescriptorsAreInherited() throws {
        try AcceleratedPrograms.withEntry { programs in
            func descriptors(_ program: String) throws -> String {
                // What other tests have open at the moment is not of interest.
                let script = """
                    os.closerange(3, 4096)
                    ends = os.pipe()
                    for number in (5, 20): os.dup2(ends[0], number, inheritable=True)
                    os.dup2(ends[0], 21, inheritable=False)
                    os.execv(sys.argv[1], ["sh", "-c", "ls /proc/self/fd"])
                    """
                return try programs.binfmt.execute(["python3", "-c", "import os, sys\n" + script, program]).outputText
            }
            let plain = try descriptors("/bin/sh")
            #expect(plain.split(separator: "\n").contains("20"))
            #expect(!plain.split(separator: "\n").contains("21"))
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
}
