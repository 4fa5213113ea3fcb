// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct AtomicFileTests {
    @Test func replacesALinkAndNotWhatItPointsTo() throws {
        try withScratchDirectory { scratch in
            let directory = try Directory.open(scratch)
            try AtomicFile.write(Array("old".utf8), to: scratch.appending("target"))
            try directory.makeSymbolicLink("file", to: "target")
            try AtomicFile.write(Array("new".utf8), to: scratch.appending("file"))
            #expect(try directory.readFile("file") == Array("new".utf8))
            #expect(try directory.readFile("target") == Array("old".utf8))
            #expect(try directory.names().count == 2)
        }
    }

    @Test func aLockExcludesAnExclusiveOne() throws {
        try withScratchDirectory { scratch in
            let path = scratch.appending("lock")
            let held = try FileLock.acquire(path, .shared, wait: false)
            _ = try FileLock.acquire(path, .shared, wait: false)
            #expect(throws: FilesystemError("lock", path, .resourceTemporarilyUnavailable)) {
                _ = try FileLock.acquire(path, .exclusive, wait: false)
            }
            withExtendedLifetime(held.rawValue) {}
        }
    }
}
