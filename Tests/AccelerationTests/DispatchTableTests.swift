// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import CLinux
import Emulation
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

@Suite struct DispatchTableTests {
    private func state(_ scratch: FilePath, _ name: String) throws -> FileState {
        let path = scratch.appending(name)
        try AtomicFile.write([], to: path)
        return try AcceleratedPrograms.state(path)
    }

    private func entry(_ file: FileState, _ path: FilePath) -> DispatchEntry {
        DispatchEntry(file, .program(path: path, native: file, when: .always, environment: []))
    }

    @Test func theOrderOfEntriesDoesNotMatter() throws {
        try withScratchDirectory { scratch in
            let entries = try ["a", "b", "c"].map { entry(try state(scratch, $0), FilePath("/n/\($0)")) }
            #expect(DispatchTable(entries) == DispatchTable(entries.reversed()))
            #expect(DispatchTable(entries).count == 3)
        }
    }

    @Test func aFileWithTwoMeaningsHasNone() throws {
        try withScratchDirectory { scratch in
            let (a, b) = (try state(scratch, "a"), try state(scratch, "b"))
            let table = DispatchTable([entry(a, "/n/1"), entry(b, "/n/b"), entry(a, "/n/2"), entry(b, "/n/b")])
            #expect(table == DispatchTable([entry(b, "/n/b")]))
        }
    }

    @Test func damageIsNoticedWhereverItIs() throws {
        try AcceleratedPrograms.with { programs in
            // Another entry, which a damaged table may not lead to.
            let other = programs.scratch.appending("other")
            let wrong = programs.scratch.appending("wrong")
            try installProgram(try programs.program.readFile(), at: other)
            try installProgram(Array("#!/bin/sh\nexit 8\n".utf8), at: wrong)
            var entry = try programs.entry(when: .called(own: "sh", names: ["-c"]), environment: ["A=b"])
            entry.exceptions.patterns = ["-v", "-print*"]
            entry.exceptions.variables = ["D"]
            for guarded: FilePath in ["/bin/sh", programs.program] {
                entry.exceptions.changes[guarded] = try AcceleratedPrograms.state(guarded)
            }
            let table = DispatchTable(
                [entry, try programs.entry(wrong, for: other)], interpreterEnvironment: "C=d",
                log: programs.scratch.appending("log.bin"))
            let whole = try DispatchImage(programs.interpreter, table).memoryFile()
            let image = try FilePath("/proc/self/fd/\(whole.rawValue)").readFile()
            func outcome(at offset: Int, bit: UInt8) throws -> ChildProcess.End {
                var damaged = image
                damaged[image.count - table.bytes.count + offset] ^= bit
                let descriptor = mg_executable_memory_file("damaged")
                guard descriptor >= 0 else { throw Errno.last }
                let file = OwnedDescriptor(adopting: FileDescriptor(rawValue: descriptor))
                try file.write(damaged, to: "an image")
                try programs.register(file)
                return try programs.run("exit 7").end
            }
            #expect(try outcome(at: 0, bit: 0) == .exited(7))
            var (tried, harmless) = (0, 0)
            for offset in stride(from: 0, to: table.bytes.count, by: 7) {
                let end = try outcome(at: offset, bit: UInt8(1) << UInt8(offset % 8))
                #expect(end == .exited(7) || end == .exited(42), "byte \(offset): \(end)")
                tried += 1
                if end == .exited(7) { harmless += 1 }
            }
            // The other entry, empty buckets and the like. Everything else is covered by a check.
            #expect(harmless * 2 < tried)
            #expect(try outcome(at: 0, bit: 0) == .exited(7))
        }
    }
}
