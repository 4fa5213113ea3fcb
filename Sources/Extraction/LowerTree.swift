// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The tree that the layers below one make, to compare another with. Paths are below its root, without a slash at either end;
/// no symbolic link in it is followed.
final class LowerTree {
    private let root: OwnedDescriptor

    /// `name` serves messages.
    init(_ path: FilePath, _ name: String) throws(ExtractionError) {
        do throws(FilesystemError) {
            root = try Directory.open(path).release()
        } catch {
            throw ExtractionError(name, .file(operation: error.operation, path: path.string, error.errno))
        }
    }

    private func open(_ path: [UInt8], _ flags: CInt) -> OwnedDescriptor? {
        var rest = path.isEmpty ? [UInt8(ascii: ".")] : path
        var above: OwnedDescriptor?
        // No path may be longer, and a tree may be deeper.
        while rest.count >= Int(PATH_MAX) {
            guard let end = rest[..<(Int(PATH_MAX) - 1)].lastIndex(of: UInt8(ascii: "/")) else { return nil }
            let directory = mg_open_path | O_DIRECTORY | O_NOFOLLOW
            above = Self.open(Array(rest[..<end]), directory, in: above?.rawValue ?? root.rawValue)
            if above == nil { return nil }
            rest = Array(rest[(end + 1)...])
        }
        return Self.open(rest, flags, in: above?.rawValue ?? root.rawValue)
    }

    private static func open(_ path: [UInt8], _ flags: CInt, in directory: CInt) -> OwnedDescriptor? {
        let resolve = mg_resolve_beneath | mg_resolve_no_symlinks | mg_resolve_no_xdev
        let opened = unsafe path.withCString { unsafe mg_openat2(directory, $0, flags | O_CLOEXEC, resolve) }
        return opened < 0 ? nil : OwnedDescriptor(adopting: FileDescriptor(rawValue: opened))
    }

    /// The file itself, a link too.
    private func status(_ path: [UInt8]) -> stat? {
        guard let file = open(path, mg_open_path | O_NOFOLLOW) else { return nil }
        var status = stat()
        return unsafe fstat(file.rawValue, &status) == 0 ? status : nil
    }

    func mode(of path: [UInt8]) -> mode_t { status(path)?.st_mode ?? 0 }

    /// Of what is in the directory at `path`; none where there is no directory.
    func names(at path: [UInt8]) -> [[UInt8]] {
        guard let directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return [] }
        return rawListing(of: directory.rawValue)?.map(\.name) ?? []
    }

    /// Whether there is a directory at `path` with the owner, mode and attributes of `name` in `directory`.
    func hasSameDirectory(_ name: [UInt8], in directory: CInt, path: [UInt8], _ status: stat) -> Bool {
        guard let own = self.status(path) else { return false }
        return own.st_mode == status.st_mode && own.st_uid == status.st_uid && own.st_gid == status.st_gid
            && hasSameAttributes(name, in: directory, path: path)
    }

    /// Which file of the other tree each of several names is, as far as they were asked about.
    private var links: [ino_t: ino_t] = [:]

    /// Whether at `path` there is what `name` in `directory` is, with as many other names. `time`: that of modification, as
    /// it would be written.
    func hasSame(
        _ name: [UInt8], in directory: CInt, path: [UInt8], _ status: stat, time: (stat) -> time_t
    ) -> Bool {
        guard let own = self.status(path), own.st_mode == status.st_mode, own.st_uid == status.st_uid,
            own.st_gid == status.st_gid, time(own) == time(status), own.st_nlink == status.st_nlink,
            hasSameAttributes(name, in: directory, path: path)
        else { return false }
        if own.st_nlink > 1 {
            guard links[status.st_ino] ?? own.st_ino == own.st_ino else { return false }
            links[status.st_ino] = own.st_ino
        }
        switch own.st_mode & S_IFMT {
        case S_IFREG:
            guard own.st_size == status.st_size, let file = open(path, O_RDONLY | O_NOFOLLOW) else { return false }
            return hasSameContents(file.rawValue, name, in: directory)
        case S_IFLNK:
            return target(path).map { Self.target(name, in: directory) == $0 } ?? false
        default: return own.st_rdev == status.st_rdev
        }
    }

    func hasFile(_ path: [UInt8], containing bytes: [UInt8]) -> Bool {
        guard let own = status(path), own.st_mode & S_IFMT == S_IFREG, Int(own.st_size) == bytes.count,
            let file = open(path, O_RDONLY | O_NOFOLLOW)
        else { return false }
        return (try? file.readToEnd(of: "/", limit: bytes.count)) == bytes
    }

    func hasLink(_ path: [UInt8], to target: String) -> Bool { self.target(path) == Array(target.utf8) }

    private func target(_ path: [UInt8]) -> [UInt8]? {
        let split = path.lastIndex(of: UInt8(ascii: "/"))
        guard let parent = open(split.map { Array(path[..<$0]) } ?? [], O_RDONLY | O_DIRECTORY) else { return nil }
        return Self.target(split.map { Array(path[($0 + 1)...]) } ?? path, in: parent.rawValue)
    }

    private static func target(_ name: [UInt8], in directory: CInt) -> [UInt8]? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe name.withCString { unsafe readlinkat(directory, $0, &target, target.count) }
        return count < 0 ? nil : target[..<count].map { UInt8(bitPattern: $0) }
    }

    private func hasSameAttributes(_ name: [UInt8], in directory: CInt, path: [UInt8]) -> Bool {
        let split = path.lastIndex(of: UInt8(ascii: "/"))
        guard let parent = open(split.map { Array(path[..<$0]) } ?? [], O_RDONLY | O_DIRECTORY) else { return false }
        let own = extendedAttributes(
            of: path.isEmpty ? [UInt8(ascii: ".")] : split.map { Array(path[($0 + 1)...]) } ?? path, in: parent.rawValue
        )
        let other = extendedAttributes(of: name, in: directory)
        return own.count == other.count && zip(own, other).allSatisfy { $0.name == $1.name && $0.value == $1.value }
    }

    private func hasSameContents(_ own: CInt, _ name: [UInt8], in directory: CInt) -> Bool {
        let opened = unsafe name.withCString {
            unsafe openat(directory, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        }
        guard opened >= 0 else { return false }
        defer { _ = close(opened) }
        var (first, second) = ([UInt8](repeating: 0, count: 128 << 10), [UInt8](repeating: 0, count: 128 << 10))
        var offset: off_t = 0
        while true {
            let (one, other) = unsafe (
                pread(own, &first, first.count, offset), pread(opened, &second, second.count, offset)
            )
            guard one == other, one >= 0, unsafe memcmp(first, second, one) == 0 else { return false }
            if one == 0 { return true }
            offset += off_t(one)
        }
    }
}
