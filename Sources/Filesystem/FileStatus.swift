// SPDX-License-Identifier: Apache-2.0

package import Glibc

/// What stat(2) says of a file.
package struct FileStatus: Hashable, Sendable {
    package enum Kind: Hashable, Sendable, CustomStringConvertible {
        case regular, directory, symbolicLink, characterDevice, blockDevice, fifo, socket

        package var description: String {
            switch self {
            case .regular: "a file"
            case .directory: "a directory"
            case .symbolicLink: "a symbolic link"
            case .characterDevice, .blockDevice: "a device node"
            case .fifo: "a named pipe"
            case .socket: "a socket"
            }
        }
    }

    package let kind: Kind
    package let device: dev_t
    package let inode: ino_t
    /// The twelve permission bits, setuid, setgid and sticky included.
    package let permissions: mode_t
    package let user: uid_t
    package let group: gid_t
    /// In bytes.
    package let size: Int64
    /// What it takes on the disk, in bytes.
    package let allocated: Int64
    package let links: Int
    /// Last modification, in nanoseconds since the epoch.
    package let modified: Int64
    /// Last change of content or of anything said here, in nanoseconds since the epoch; no program can set it.
    package let changed: Int64

    package init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            case S_IFCHR: .characterDevice
            case S_IFBLK: .blockDevice
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            default: .regular
            }
        device = status.st_dev
        inode = status.st_ino
        permissions = status.st_mode & 0o7777
        user = status.st_uid
        group = status.st_gid
        size = Int64(status.st_size)
        allocated = Int64(status.st_blocks) * 512
        links = Int(status.st_nlink)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}
