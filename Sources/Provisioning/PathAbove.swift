// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The directories above a tree, and what other users of the host can do through them.
struct PathAbove {
    /// A directory that lets another user replace what is below it.
    struct Weakness: Equatable {
        let directory: FilePath
        let reason: String
    }

    private let directories: [(path: FilePath, status: FileStatus, hasACL: Bool)]

    /// Of a tree in `parent`, which is absolute and has no symbolic links in it.
    init(of parent: FilePath) throws(FilesystemError) {
        var directories: [(path: FilePath, status: FileStatus, hasACL: Bool)] = []
        var path = parent
        while true {
            let directory = try Directory.open(path)
            directories.append((path, try directory.status(), directory.hasAccessControlList))
            if path.components.isEmpty { break }
            path = path.removingLastComponent()
        }
        self.directories = directories.reversed()
    }

    /// The first directory that belongs to neither root nor `user`, or in which others may rename things; nil if there
    /// is none. Others could replace what is created below it.
    func weakness(for user: uid_t = geteuid(), group: gid_t = getegid()) -> Weakness? {
        for (path, status, hasACL) in directories {
            if status.user != 0, status.user != user {
                return Weakness(directory: path, reason: "\(path) belongs to another user (id \(status.user))")
            }
            if status.permissions & S_IWOTH != 0, status.permissions & S_ISVTX == 0 {
                return Weakness(
                    directory: path,
                    reason: "everybody can rename files in \(path): it is world-writable and not sticky"
                )
            }
            // With an ACL these bits are its mask (acl(5)).
            guard status.permissions & S_IWGRP != 0, status.permissions & S_ISVTX == 0 else { continue }
            if hasACL {
                return Weakness(directory: path, reason: "others can rename files in \(path): it has an ACL")
            }
            if status.group != 0, status.group != group {
                return Weakness(directory: path, reason: "group \(status.group) can rename files in \(path)")
            }
        }
        return nil
    }

    /// Whether every user can reach the tree.
    var isOpenToAll: Bool { directories.allSatisfy { $0.status.permissions & S_IXOTH != 0 } }
}

extension FilePath {
    /// The nearest directory above that is there, without symbolic links.
    func nearestAbove() throws(FilesystemError) -> FilePath {
        var path = removingLastComponent()
        while true {
            do throws(FilesystemError) {
                return try path.resolved()
            } catch {
                guard error.errno == .noSuchFileOrDirectory, !path.components.isEmpty else { throw error }
                path = path.removingLastComponent()
            }
        }
    }
}
