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
        let path = path.isEmpty ? [UInt8(ascii: ".")] : path
        let resolve = mg_resolve_beneath | mg_resolve_no_symlinks | mg_resolve_no_xdev
        let opened = unsafe path.withCString { unsafe mg_openat2(root.rawValue, $0, flags | O_CLOEXEC, resolve) }
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
        guard let stream = unsafe fdopendir(directory.release().rawValue) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        return names
    }

    /// Whether there is a directory at `path` with the owner, mode and attributes of `name` in `directory`.
    func hasSameDirectory(_ name: [UInt8], in directory: CInt, path: [UInt8], _ status: stat) -> Bool {
        guard let own = self.status(path) else { return false }
        return own.st_mode == status.st_mode && own.st_uid == status.st_uid && own.st_gid == status.st_gid
            && hasSameAttributes(name, in: directory, path: path)
    }

    /// Whether at `path` there is what `name` in `directory` is, which would be written as `status` says.
    func hasSame(_ name: [UInt8], in directory: CInt, path: [UInt8], _ status: stat) -> Bool {
        guard let own = self.status(path), own.st_mode == status.st_mode, own.st_uid == status.st_uid,
            own.st_gid == status.st_gid, own.st_mtim.tv_sec == status.st_mtim.tv_sec,
            hasSameAttributes(name, in: directory, path: path)
        else { return false }
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
        return own.count == other.count && zip(own, other).allSatisfy { $0.label == $1.label && $0.value == $1.value }
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
