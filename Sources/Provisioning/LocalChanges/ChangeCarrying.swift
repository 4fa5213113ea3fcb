// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Carries a user's changes over from one tree to another. Both are untrusted: nothing that is opened leads outside.
struct ChangeCarrying {
    let old: FilePath
    let new: FilePath
    /// Of `old`, when it was made.
    let survey: TreeSurvey?

    /// Merges users and groups: those of the old tree keep their numbers, those that only the new one has are added.
    func carryAccounts(_ paths: [String]) throws(FilesystemError) {
        let from = try Directory.open(old)
        let to = try Directory.open(new)
        for path in paths where LocalChanges.accounts.contains(path) {
            guard let theirs = try? from.openInRoot(path).readToEnd(of: old.pushing(FilePath(path))) else { continue }
            let own = (try? to.openInRoot(path).readToEnd(of: new.pushing(FilePath(path)))) ?? []
            let names = Set(Self.lines(theirs).map(Self.name))
            let added = Self.lines(own).filter { !names.contains(Self.name($0)) }
            let merged = (Self.lines(theirs) + added).flatMap { Array($0) + [UInt8(ascii: "\n")] }
            try copy(path, from, to, replacing: merged)
        }
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "\n")) }

    private static func name(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> { line.prefix { $0 != UInt8(ascii: ":") } }

    /// Copies `files` where the new tree has nothing of that name, and `configuration` over what is there. Returns which of
    /// the latter have changed in the new base as well: that version is beside it then.
    func carry(configuration: [String], files: [String]) throws(FilesystemError) -> [String] {
        let from = try Directory.open(old)
        let to = try Directory.open(new)
        for path in files where (try Self.status(of: path, in: to)) == nil { try copy(path, from, to) }
        var conflicts: [String] = []
        for path in configuration where !LocalChanges.accounts.contains(path) {
            if let there = try Self.status(of: path, in: to), there.kind == .regular,
                let before = survey?.entries[Array(path.utf8)], before != TreeSurvey.Entry(there),
                try !isSame(path, from, to)
            {
                try copy(path, to, to, as: "\(path)\(Self.suffix)")
                conflicts.append(path)
            }
            try copy(path, from, to)
        }
        return conflicts
    }

    static let suffix = ".mangrove-new"

    private func isSame(
        _ path: String, _ from: borrowing Directory, _ to: borrowing Directory
    ) throws(FilesystemError) -> Bool {
        guard let one = try? from.openInRoot(path), let other = try? to.openInRoot(path) else { return false }
        return try one.readToEnd(of: old.pushing(FilePath(path))) == other.readToEnd(of: new.pushing(FilePath(path)))
    }

    private static func status(
        of path: String, in tree: borrowing Directory
    ) throws(FilesystemError) -> FileStatus? {
        guard let name = FilePath(path).lastComponent else { return nil }
        let parent = FilePath(path).removingLastComponent().string
        guard let opened = try? tree.openInRoot(parent.isEmpty ? "." : parent, onlyDirectory: true) else { return nil }
        return try Directory(adopting: opened, path: tree.path).status(of: name)
    }

    /// One file, link or directory, with its owner, mode and times; directories above it are made as they are in `from`.
    private func copy(
        _ path: String, _ from: borrowing Directory, _ to: borrowing Directory, as other: String? = nil,
        replacing bytes: [UInt8]? = nil
    ) throws(FilesystemError) {
        let target = FilePath(other ?? path)
        guard let name = FilePath(path).lastComponent, let targetName = target.lastComponent else { return }
        let parentPath = FilePath(path).removingLastComponent()
        let source = try Directory(
            adopting: from.openInRoot(parentPath.isEmpty ? "." : parentPath.string, onlyDirectory: true),
            path: from.path.pushing(parentPath))
        let place = try to.makeDirectories(Array(target.removingLastComponent().components))
        // Deleted meanwhile: leave it out.
        guard let status = try source.status(of: name) else { return }
        switch status.kind {
        case .directory:
            if try place.status(of: targetName) == nil { try place.makeDirectory(targetName) }
            let made = try place.openDirectory(targetName)
            try Self.give(made.rawValue, status, made.path)
        case .symbolicLink:
            guard let link = try source.symbolicLinkTarget(of: name) else { return }
            if try place.status(of: targetName) != nil { try place.unlink(targetName) }
            try place.makeSymbolicLink(targetName, to: link)
            _ = unsafe fchownat(
                place.rawValue, targetName.string, status.user, status.group, AT_SYMLINK_NOFOLLOW)
        case .regular:
            let file = try source.openFile(name, flags: O_RDONLY)
            if let bytes {
                try place.createFile(targetName, holding: bytes)
            } else {
                let content = try file.readToEnd(of: source.path.appending(name), limit: 1 << 32)
                try place.createFile(targetName, holding: content)
            }
            let made = try place.openFile(targetName, flags: O_RDONLY)
            // chown(2) takes capabilities away.
            try Self.give(made.rawValue, status, place.path.appending(targetName))
            Self.copyAttributes(of: name, in: source.rawValue, to: made.rawValue)
        default: return
        }
    }

    /// Owner before mode: chown(2) takes setuid away. Times last.
    private static func give(_ file: CInt, _ status: FileStatus, _ path: FilePath) throws(FilesystemError) {
        guard fchown(file, status.user, status.group) == 0, fchmod(file, status.permissions) == 0 else {
            throw FilesystemError("set owner and permissions of", path, .last)
        }
        let time = timespec(
            tv_sec: Int(status.modified / 1_000_000_000), tv_nsec: Int(status.modified % 1_000_000_000))
        let times = [time, time]
        _ = unsafe futimens(file, times)
    }

    /// Extended attributes of `name` in `directory`. Those that the new file system or the user namespace does not take are
    /// left out (xattr(7)).
    private static func copyAttributes(of name: FilePath.Component, in directory: CInt, to file: CInt) {
        let path = "/proc/self/fd/\(directory)/\(name.string)"
        var names = [CChar](repeating: 0, count: 64 << 10)
        let count = unsafe mg_llistxattr(path, &names, UInt(names.count))
        guard count > 0 else { return }
        for name in names[..<count].split(separator: 0) {
            let name = Array(name) + [0]
            var value = [UInt8](repeating: 0, count: 64 << 10)
            let length = unsafe mg_lgetxattr(path, name, &value, UInt(value.count))
            if length >= 0 { _ = unsafe mg_fsetxattr(file, name, value, UInt(length)) }
        }
    }
}
