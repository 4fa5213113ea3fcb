// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@Suite struct FileLockTests {
    @Test func onlyAFileIsLocked() throws {
        try withScratchDirectory { scratch in
            let top = try Directory.open(scratch)
            try AtomicFile.write([1], to: scratch.appending("other"))
            try top.makeSymbolicLink("link", to: "other")
            try top.makeSymbolicLink("dangling", to: "made")
            try top.makeDirectory("directory")
            try #require(mkfifo(scratch.appending("pipe").string, 0o644) == 0)
            for name in ["link", "dangling", "directory", "pipe"] {
                #expect(throws: FilesystemError.self, "\(name)") {
                    _ = try FileLock.acquire(scratch.appending(name), .exclusive, wait: false)
                }
            }
            #expect(try top.status(of: "made") == nil)
            _ = try FileLock.acquire(scratch.appending("other"), .exclusive, wait: false)
            _ = try FileLock.acquire(scratch.appending("new"), .exclusive, wait: false)
        }
    }
}
