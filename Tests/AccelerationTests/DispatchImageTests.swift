// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Emulation
import Failures
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

@Suite struct DispatchImageTests {
    private func image(of bytes: [UInt8], version: QemuVersion = QemuVersion(7, 2)) throws -> [UInt8] {
        try withScratchDirectory { scratch in
            let path = scratch.appending("qemu")
            try AtomicFile.write(bytes, to: path)
            let interpreter = Interpreter(architecture: .arm64, path: path, version: version)
            let image = try DispatchImage(interpreter, DispatchTable([])).memoryFile()
            return try FilePath("/proc/self/fd/\(image.rawValue)").readFile()
        }
    }

    @Test func theInterpreterStandsInItUnchanged() throws {
        let program = Architecture.host.probeProgram
        let image = try image(of: program)
        let parsed = try #require(ELFHeaders(parsing: Array(image)))
        #expect(parsed.identity == Architecture.host.elf)
        // All but its header, which names another entry and another table of segments.
        #expect(image[64..<program.count] == program[64...])
        #expect(image[..<24] == program[..<24])
    }

    @Test func executedAsAProgramItIsTheInterpreter() throws {
        try withScratchDirectory { scratch in
            // A program that exits with status 42 for an interpreter, and one that reads its arguments.
            let path = scratch.appending("image")
            try installProgram(
                try image(of: Architecture.host.probeProgram), at: path)
            #expect(try ChildProcess.run(path).end == .exited(42))
            guard let interpreter = try? Interpreter.find(Architecture.host == .arm64 ? .riscv64 : .arm64) else {
                print("not tried here: no interpreter")
                return
            }
            try installProgram(
                try image(of: try interpreter.path.readFile()), at: path)
            #expect(try QemuVersion(parsing: ChildProcess.run(path, ["--version"]).outputText) == interpreter.version)
        }
    }

    @Test func aFileInMemoryIsSealed() throws {
        try withScratchDirectory { scratch in
            let path = scratch.appending("qemu")
            try AtomicFile.write(Architecture.host.probeProgram, to: path)
            let interpreter = Interpreter(architecture: .arm64, path: path, version: QemuVersion(7, 2))
            let image = try DispatchImage(interpreter, DispatchTable([])).memoryFile()
            #expect(throws: Errno.notPermitted) { try image.borrowed.writeAll(toAbsoluteOffset: 0, [0]) }
        }
    }

    @Test func whatNoSegmentCanBeAddedToIsRefused() throws {
        let program = Architecture.host.probeProgram
        let foreign: Architecture = Architecture.host == .arm64 ? .amd64 : .arm64
        for bytes in [[], Array(program.prefix(100)), foreign.probeProgram, Architecture.i386.probeProgram] {
            #expect(throws: AccelerationError.self) { try image(of: bytes) }
        }
        var wrapping = program
        // The segment's address, with a size that leads beyond the end of the address space.
        wrapping.replaceSubrange(80..<88, with: [UInt8](repeating: 0xFF, count: 8))
        #expect(throws: AccelerationError.self) { try image(of: wrapping) }
        #expect(throws: AccelerationError.self) { try image(of: program, version: QemuVersion(5, 2)) }
    }

    @Test func theRuleAsksForTheOpenedProgramAndItsOwnName() {
        let interpreter = Interpreter(architecture: .arm64, path: "/usr/bin/qemu", version: QemuVersion(7, 2))
        let rule = DispatchImage.rule(for: interpreter, at: "/image")
        #expect(
            rule
                == BinfmtRule(
                    for: .arm64, interpreter: "/image", listed: "/usr/bin/qemu",
                    flags: [.fixBinary, .openBinary, .preserveArgument0]))
        #expect(DispatchImage.rule(for: interpreter, at: "/image", credentials: true).flags.letters == "POCF")
    }
}
