// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Emulation
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

/// A program of a foreign architecture, for which a program of the host stands in, and a binfmt_misc with the
/// dispatcher. The foreign one does nothing but exit with status 42.
struct AcceleratedPrograms {
    let scratch: FilePath
    let interpreter: Interpreter
    let binfmt: PrivateBinfmt
    /// The foreign program's file.
    let program: FilePath

    /// Calls `body` if all that it takes is on this machine, or says what is not.
    static func with(_ body: (AcceleratedPrograms) throws -> Void) throws {
        let foreign: Architecture = Architecture.host == .arm64 ? .riscv64 : .arm64
        guard let interpreter = try? Interpreter.find(foreign) else {
            print("not tried here: no interpreter for \(foreign)")
            return
        }
        try withScratchDirectory { scratch in
            try withPrivateBinfmt { binfmt in
                let program = scratch.appending("sh")
                try installProgram(foreign.probeProgram, at: program)
                try body(
                    AcceleratedPrograms(scratch: scratch, interpreter: interpreter, binfmt: binfmt, program: program))
            }
        }
    }

    /// The same with the shell standing in for the program.
    static func withEntry(_ body: (AcceleratedPrograms) throws -> Void) throws {
        try with { programs in
            try programs.register(DispatchTable([try programs.entry()]))
            try body(programs)
        }
    }

    /// Runs a Python script that has the program's path as `path`. For system calls that shells do not make.
    func python(_ script: String) throws -> ChildProcess {
        try binfmt.execute(["python3", "-c", "import errno, os, sys\npath = sys.argv[1]\n" + script, program.string])
    }

    static func state(_ path: FilePath, anyDevice: Bool = false) throws -> FileState {
        let target = try path.resolved()
        guard let name = target.lastComponent,
            let status = try Directory.open(target.removingLastComponent()).status(of: name)
        else { throw Errno.noSuchFileOrDirectory }
        return FileState(status, anyDevice: anyDevice)
    }

    /// The entry that has `path` stand in for `program`, or for another file.
    func entry(
        _ path: FilePath = "/bin/sh", for program: FilePath? = nil, when: DispatchEntry.Condition = .always,
        environment: [String] = []
    ) throws -> DispatchEntry {
        DispatchEntry(
            try Self.state(program ?? self.program),
            .program(path: path, native: try Self.state(path), when: when, environment: environment))
    }

    /// Registers the dispatcher with `table`, in place of what was.
    func register(_ table: DispatchTable) throws {
        let image = try DispatchImage(interpreter, table).memoryFile()
        try register(image)
    }

    func register(_ image: borrowing OwnedDescriptor) throws {
        let registry = BinfmtRegistry(binfmt.path)
        let rule = DispatchImage.rule(for: interpreter, at: FilePath("/proc/self/fd/\(image.rawValue)"))
        try registry.remove(rule.name)
        try registry.register(rule)
    }

    /// Executes a command of the shell with the program, by way of `via`. The shell is the native program: a foreign
    /// one does not care.
    func run(_ command: String, environment: [String] = [], by via: FilePath? = nil) throws -> ChildProcess {
        try binfmt.execute([(via ?? program).string, "-c", command], environment: environment)
    }

    /// A program that writes its arguments, zero bytes between them, and exits with status 42; nil where the foreign
    /// architecture is another than arm64.
    var argumentWriter: [UInt8]? {
        guard interpreter.architecture == .arm64 else { return nil }
        let code: [UInt8] = [
            0xE9, 0x03, 0x40, 0xF9,  // ldr x9, [sp]
            0xE1, 0x07, 0x40, 0xF9,  // ldr x1, [sp, #8]
            0xEA, 0x6F, 0x29, 0x8B,  // add x10, sp, x9, lsl #3
            0x42, 0x09, 0x40, 0xF9,  // ldr x2, [x10, #16]
            0x42, 0x00, 0x01, 0xCB,  // sub x2, x2, x1
            0x20, 0x00, 0x80, 0xD2,  // mov x0, #1
            0x08, 0x08, 0x80, 0xD2,  // mov x8, #64
            0x01, 0x00, 0x00, 0xD4,  // svc #0
            0x40, 0x05, 0x80, 0xD2,  // mov x0, #42
            0xA8, 0x0B, 0x80, 0xD2,  // mov x8, #93
            0x01, 0x00, 0x00, 0xD4,  // svc #0
        ]
        var program = Array(Architecture.arm64.probeProgram.prefix(120)) + code
        // The segment's sizes, in the file and in memory.
        program[96] = UInt8(program.count)
        program[104] = UInt8(program.count)
        return program
    }
}
