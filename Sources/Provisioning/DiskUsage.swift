// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The disk usage of a tree; a file with several names counts once.
package struct DiskUsage: Codable, Equatable, Sendable {
    /// In bytes, as allocated.
    package private(set) var bytes: Int64 = 0
    /// Files of every kind, directories included.
    package private(set) var files = 0
    /// The part of those bytes that others share, by hard links or reflinks: deleting this tree does not free them.
    /// Extents have no owner, so those shared by two files of this tree count, too.
    package private(set) var shared: Int64 = 0

    /// Of the directory at `path` and all below it on the same file system.
    init(of path: FilePath) throws(FilesystemError) {
        // By inode: its links, those that were seen, and its bytes.
        var linked: [UInt64: (links: Int, seen: Int, bytes: Int64)] = [:]
        let top = try Directory.open(path)
        let status = try top.status()
        bytes = status.allocated
        files = 1
        let hasReflinks = mg_has_reflinks(top.rawValue) != 0
        var rest = [try top.names()]
        var place = try TreeDescent(top.release(), path: path)
        while !rest.isEmpty {
            guard let name = rest[rest.count - 1].popLast() else {
                rest.removeLast()
                try place.leave()
                continue
            }
            let directory = try place.directory()
            guard let found = try directory.status(of: name), found.device == status.device else { continue }
            if found.kind != .directory, found.links > 1 {
                let inode = UInt64(found.inode)
                let known = linked[inode]
                linked[inode] = (found.links, (known?.seen ?? 0) + 1, found.allocated)
                if known != nil { continue }
            }
            bytes += found.allocated
            files += 1
            if hasReflinks, found.kind == .regular, found.links == 1 {
                shared += Self.extents(of: name, in: directory, found)
            }
            guard found.kind == .directory else { continue }
            let inner = try directory.openDirectory(name)
            rest.append(try inner.names())
            try place.enter(inner.release())
        }
        shared = linked.values.reduce(shared) { $1.seen < $1.links ? $0 + $1.bytes : $0 }
    }

    /// Bytes of a file that others have, too.
    private static func extents(
        of name: FilePath.Component, in directory: borrowing Directory, _ status: FileStatus
    ) -> Int64 {
        guard let file = try? directory.openFile(name, flags: O_RDONLY) else { return 0 }
        // Compressed ones are longer than what they take.
        return min(max(mg_shared_bytes(file.rawValue), 0), status.allocated)
    }
}
