// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct DirectoryFlagsTests {
    /// Creating a tree soon after another was deleted must not wait for ext4's quarantine of inodes.
    @Test func subdirectoriesAreSpreadWhereTheFileSystemCan() throws {
        try withScratchDirectory { scratch in
            let directory = try Directory.open(scratch)
            let mounts = try MountTable.current().mounts.filter { scratch.starts(with: $0.point) }
            let nearest = mounts.max { $0.point.length < $1.point.length }
            let isExt = nearest?.fileSystem.hasPrefix("ext") ?? false
            let isSpread = directory.spreadSubdirectories()
            #expect(isSpread == isExt)
        }
    }
}
