// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import SystemPackage

/// What a tree takes on the disk; a file with several names counts once.
package struct DiskUsage: Codable, Equatable, Sendable {
    /// In bytes, as allocated.
    package private(set) var bytes: Int64 = 0
    /// Files of every kind, directories included.
    package private(set) var files = 0

    /// Of the directory at `path` and all below it on the same file system.
    init(of path: FilePath) throws(FilesystemError) {
        var seen: Set<UInt64> = []
        let directory = try Directory.open(path)
        let status = try directory.status()
        bytes = status.allocated
        files = 1
        try add(directory, device: status.device, seen: &seen)
    }

    private mutating func add(
        _ directory: borrowing Directory, device: UInt, seen: inout Set<UInt64>
    ) throws(FilesystemError) {
        for name in try directory.names() {
            guard let status = try directory.status(of: name), status.device == device else { continue }
            if status.kind != .directory, status.links > 1, !seen.insert(UInt64(status.inode)).inserted { continue }
            bytes += status.allocated
            files += 1
            if status.kind == .directory {
                try add(try directory.openDirectory(name), device: device, seen: &seen)
            }
        }
    }
}
