// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The directories above a tree, and what other users of this host can do by them.
struct PathAbove {
    /// A directory that lets somebody else put another one in the place of what is below it.
    struct Weakness: Equatable {
        let directory: FilePath
        let reason: String
    }

    private let directories: [(path: FilePath, status: FileStatus)]

    /// Of a tree in `parent`, which is absolute and has no symbolic links in it.
    init(of parent: FilePath) throws(FilesystemError) {
        var directories: [(path: FilePath, status: FileStatus)] = []
        var path = parent
        while true {
            directories.append((path, try Directory.open(path).status()))
            if path.components.isEmpty { break }
            path = path.removingLastComponent()
        }
        self.directories = directories.reversed()
    }

    /// The first directory that is neither root's nor `user`'s, or that others may rename things in; nil where there is
    /// none. What is made below it could be another directory's by the next moment.
    func weakness(for user: uid_t = geteuid()) -> Weakness? {
        for (path, status) in directories {
            if status.user != 0, status.user != user {
                return Weakness(directory: path, reason: "\(path) belongs to another user, number \(status.user)")
            }
            if status.permissions & S_IWOTH != 0, status.permissions & S_ISVTX == 0 {
                return Weakness(
                    directory: path, reason: "everybody can rename what is in \(path): it is world-writable, not sticky"
                )
            }
        }
        return nil
    }

    /// Whether every user gets to the tree.
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
