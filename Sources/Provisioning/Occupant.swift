// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// A process in a tree: chrooted into it, or with its working directory there.
struct Occupant: Equatable, CustomStringConvertible {
    let process: pid_t
    let command: String

    var description: String { "process \(process) (\(command)) runs in it" }

    /// The first one found among the processes visible to this user, other than this process.
    static func first(in tree: FilePath) throws(FilesystemError) -> Occupant? {
        guard let tree = try? tree.resolved(), let top = status(of: tree) else { return nil }
        for name in try Directory.open("/proc").names() {
            guard let process = pid_t(name.string), process != getpid() else { continue }
            let base = FilePath("/proc").appending(name)
            // In a mount namespace of its own its paths mean other things than ours: the directory itself is compared.
            let isInside = ["root", "cwd", "exe"].contains { link in
                guard let place = try? Directory.open(base).symbolicLinkTarget(of: FilePath.Component(link) ?? "root")
                else {
                    return false
                }
                return FilePath(place).starts(with: tree) || (link == "root" && status(of: base.appending(link)) == top)
            }
            guard isInside else { continue }
            let command = (try? base.appending("comm").readFile(limit: 4096)) ?? []
            return Occupant(
                process: process,
                command: String(decoding: command.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
        }
        return nil
    }

    private struct Place: Equatable {
        let device: dev_t
        let inode: ino_t
    }

    private static func status(of path: FilePath) -> Place? {
        var found = stat()
        guard unsafe stat(path.string, &found) == 0 else { return nil }
        return Place(device: found.st_dev, inode: found.st_ino)
    }
}
