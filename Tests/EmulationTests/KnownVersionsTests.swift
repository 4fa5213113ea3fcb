// SPDX-License-Identifier: Apache-2.0

import Architectures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Emulation

@Suite struct KnownVersionsTests {
    /// A program that says nothing of a version when it is asked, as `path`.
    private func place(_ path: FilePath) throws -> FileStatus {
        try AtomicFile.write(Architecture.host.probeProgram, to: path, permissions: [.ownerReadWriteExecute])
        return try OwnedDescriptor.open(path, .readOnly).status(of: path)
    }

    @Test func whatIsKnownIsNotAskedAgain() throws {
        try withScratchDirectory { (scratch: FilePath) throws in
            let known = KnownVersions(scratch.appending("cache/interpreters"))
            let path = scratch.appending("qemu")
            known.remember(QemuVersion(7, 2, 22), of: try place(path))
            let found = try Interpreter.find(.arm64, choice: path, known: known)
            #expect(found.version == QemuVersion(7, 2, 22))
        }
    }

    @Test func anUpgradedInterpreterIsAsked() throws {
        try withScratchDirectory { (scratch: FilePath) throws in
            let known = KnownVersions(scratch.appending("interpreters"))
            let path = scratch.appending("qemu")
            known.remember(QemuVersion(7, 2), of: try place(path))
            _ = try place(path)
            #expect(throws: EmulationError.self) { try Interpreter.find(.arm64, choice: path, known: known) }
        }
    }

    @Test func severalAreKnownAndTheNewestWordCounts() throws {
        try withScratchDirectory { (scratch: FilePath) throws in
            let known = KnownVersions(scratch.appending("interpreters"))
            let (first, second) = (try place(scratch.appending("a")), try place(scratch.appending("b")))
            known.remember(QemuVersion(7, 2), of: first)
            known.remember(QemuVersion(8, 0), of: second)
            known.remember(QemuVersion(9, 1, 3), of: first)
            #expect(known.version(of: first) == QemuVersion(9, 1, 3))
            #expect(known.version(of: second) == QemuVersion(8, 0))
        }
    }

    @Test func aFileThatIsNoneIsNoError() throws {
        try withScratchDirectory { (scratch: FilePath) throws in
            let status = try place(scratch.appending("a"))
            let nowhere = KnownVersions("/proc/nowhere/interpreters")
            nowhere.remember(QemuVersion(7, 2), of: status)
            #expect(nowhere.version(of: status) == nil)
            let damaged = scratch.appending("damaged")
            let line = "\(status.device) \(status.inode) \(status.size) \(status.modified) x\n"
            try AtomicFile.write(Array(line.utf8) + [0xFF, 0x0A], to: damaged)
            #expect(KnownVersions(damaged).version(of: status) == nil)
        }
    }
}
