// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

/// A native program that must not always stand in.
@Suite struct DispatchExceptionsTests {
    private let emulated = ChildProcess.End.exited(42)

    private func entry(
        _ programs: AcceleratedPrograms, _ change: (inout DispatchEntry.Exceptions) throws -> Void
    ) throws -> DispatchEntry {
        var entry = try programs.entry()
        try change(&entry.exceptions)
        return entry
    }

    @Test func argumentsLeadToEmulation() throws {
        try AcceleratedPrograms.with { programs in
            let entry = try entry(programs) {
                $0.patterns = ["-v", "--version", "-print*", "-B*"]
            }
            try programs.register(DispatchTable([entry]))
            func end(_ arguments: String...) throws -> ChildProcess.End {
                try programs.binfmt.execute([programs.program.string, "-c", "exit 7"] + arguments).end
            }
            #expect(try end() == .exited(7))
            #expect(try end("-verbose", "=-v", "x-print", "-", "", "b-B") == .exited(7))
            for refused in ["-v", "--version", "-print", "-print-search-dirs", "-B", "-B/usr"] {
                #expect(try end("first", refused) == emulated)
                #expect(try end(refused, "last") == emulated)
            }
        }
    }

    @Test func argumentsBehindRefusedOnesAreSubstituted() throws {
        try AcceleratedPrograms.with { programs in
            func entry(_ native: FilePath = "/bin/sh", _ program: FilePath? = nil) throws -> DispatchEntry {
                var entry = try programs.entry(native, for: program, environment: ["A=1"])
                entry.exceptions.patterns = ["-plugin", "--plugin*"]
                entry.exceptions.substitutes = ["/own.so": "/native", "/other.so": "/longer/native"]
                return entry
            }
            try programs.register(DispatchTable([try entry()]))
            func run(_ arguments: String...) throws -> ChildProcess {
                try programs.binfmt.execute([programs.program.string, "-c", "echo $*", "sh"] + arguments)
            }
            #expect(try run("-plugin", "/own.so", "/own.so", "a").outputText == "-plugin /native /own.so a\n")
            #expect(
                try run("--plugin", "/other.so", "-plugin", "/own.so").outputText
                    == "--plugin /longer/native -plugin /native\n")
            for refused in [
                ["-plugin", "/x.so"], ["-plugin"], ["-plugin", "/own.so", "--plugin", "/x.so"], ["--plugin=/own.so"],
            ] {
                #expect(
                    try programs.binfmt.execute([programs.program.string, "-c", "exit 7", "sh"] + refused).end
                        == emulated)
            }

            // What cannot be executed leaves the arguments as they were.
            guard let writer = programs.argumentWriter else { return }
            let (path, none) = (programs.scratch.appending("writer"), programs.scratch.appending("none"))
            try installProgram(writer, at: path)
            try installProgram(Array("none".utf8), at: none)
            try programs.register(DispatchTable([try entry(none, path)]))
            let child = try programs.binfmt.execute([path.string, "-plugin", "/own.so", "/native"])
            #expect(child.output == Array("\(path)\0-plugin\0/own.so\0/native\0".utf8))
        }
    }

    @Test func theProgramsOwnNameIsNoArgument() throws {
        try AcceleratedPrograms.with { programs in
            try programs.register(DispatchTable([try entry(programs) { $0.patterns = ["-*"] }]))
            let end = try programs.binfmt.execute(["bash", "-c", "exec -a -name \(programs.program)"]).end
            #expect(end == .exited(0))
        }
    }

    @Test func variablesLeadToEmulationOfThatProgramOnly() throws {
        try AcceleratedPrograms.with { programs in
            let other = programs.scratch.appending("other")
            try installProgram(try programs.program.readFile(), at: other)
            let entries = [
                try entry(programs) { $0.variables = ["GCC_EXEC_PREFIX", "CPATH"] }, try programs.entry(for: other),
            ]
            try programs.register(DispatchTable(entries))
            func end(_ path: FilePath, _ variable: String) throws -> ChildProcess.End {
                try programs.run("exit 7", environment: [variable], by: path).end
            }
            #expect(try end(programs.program, "CPATH=/x") == emulated)
            #expect(try end(programs.program, "GCC_EXEC_PREFIX=/x") == emulated)
            #expect(try end(programs.program, "CPATH=") == .exited(7))
            #expect(try end(programs.program, "CPATHS=/x") == .exited(7))
            #expect(try end(other, "CPATH=/x") == .exited(7))
        }
    }

    @Test func aChangeOfAnotherFileLeadsToEmulation() throws {
        try AcceleratedPrograms.with { programs in
            let names = ["as", "ld"].map { programs.scratch.appending($0) }
            for name in names { try installProgram(Array("#!/bin/sh\n".utf8), at: name) }
            // A link stands for what it leads to.
            let link = programs.scratch.appending("linker")
            try Directory.open(programs.scratch).makeSymbolicLink("linker", to: "ld")
            let states = try names.map { try AcceleratedPrograms.state($0) }
            let entry = try entry(programs) { $0.changes = [names[0]: states[0], link: states[1]] }
            try programs.register(DispatchTable([entry]))
            #expect(try programs.run("exit 7").end == .exited(7))
            try installProgram(Array("#!/bin/bash\n".utf8), at: names[1])
            #expect(try programs.run("exit 7").end == emulated)
            let renewed = try self.entry(programs) { $0.changes = [link: try AcceleratedPrograms.state(names[1])] }
            try programs.register(DispatchTable([renewed]))
            #expect(try programs.run("exit 7").end == .exited(7))
            try Directory.open(programs.scratch).unlink("ld")
            #expect(try programs.run("exit 7").end == emulated)
        }
    }

    @Test func theLogTellsThemApart() throws {
        try AcceleratedPrograms.with { programs in
            let log = programs.scratch.appending("log.bin")
            let file = programs.scratch.appending("guard")
            for path in [log, file] { try AtomicFile.write([], to: path) }
            let entry = try entry(programs) {
                $0.patterns = ["-x"]
                $0.variables = ["OPTIONS"]
                $0.changes = [file: try AcceleratedPrograms.state(file)]
            }
            try programs.register(DispatchTable([entry], log: log))
            _ = try programs.binfmt.execute([programs.program.string, "-x"])
            _ = try programs.run("", environment: ["OPTIONS=1"])
            _ = try programs.run("")
            try Directory.open(programs.scratch).unlink("guard")
            _ = try programs.run("")
            let outcomes = DispatchLog(parsing: try log.readFile()).records.map(\.outcome)
            #expect(outcomes == [.notEligible, .byEnvironment, .native, .changed])
        }
    }
}
