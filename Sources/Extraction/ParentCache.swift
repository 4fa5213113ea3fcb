// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The directories above the entry at hand, kept open: neighbours in an archive share them.
///
/// Each is opened by one name against the one above, without following a link; a link that the policy allows is
/// resolved by openat2(2), where the kernel itself sees to it that it stays below the root.
@safe struct ParentCache: ~Copyable {
    /// More directories than this are not kept open at once, however deep the path.
    private static let openLimit = 64

    private struct Level {
        /// -1 where it was closed again to stay below the limit.
        var descriptor: CInt
        let device: dev_t
        let inode: ino_t
        let isSetgid: Bool
    }

    private let root: CInt
    private let linkedParents: ExtractionPolicy.LinkedParents
    /// `levels` are the first directories above it.
    private var known: EntryName?
    private var levels: [Level] = []
    private let rootIsSetgid: Bool

    /// `root` stays the caller's.
    init(root: CInt, linkedParents: ExtractionPolicy.LinkedParents) {
        self.root = root
        rootIsSetgid = Self.status(root).st_mode & S_ISGID != 0
        self.linkedParents = linkedParents
    }

    deinit {
        for level in levels where level.descriptor >= 0 { _ = close(level.descriptor) }
    }

    /// Forgets everything: a name may lead elsewhere from now on.
    mutating func clear() {
        pop(to: 0)
    }

    /// Goes up to the directory at `depth`, through ".." where that was closed; it must still be the one it was. Else
    /// to one above it that is open.
    private mutating func pop(to depth: Int) {
        while levels.count > depth, let last = levels.popLast() {
            guard last.descriptor >= 0 else { continue }
            defer { _ = close(last.descriptor) }
            guard depth > 0, let above = levels.last, above.descriptor < 0 else { continue }
            let opened = unsafe openat(last.descriptor, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard opened >= 0 else { continue }
            let status = Self.status(opened)
            if status.st_dev == above.device, status.st_ino == above.inode {
                levels[levels.count - 1].descriptor = opened
            } else {
                _ = close(opened)
            }
        }
        while let last = levels.last, last.descriptor < 0 { levels.removeLast() }
    }

    /// Whether what is made in the parent found last gets that directory's group instead of the caller's.
    var inheritsGroup: Bool { levels.last?.isSetgid ?? rootIsSetgid }

    private static func status(_ directory: CInt) -> stat {
        var status = stat()
        _ = unsafe fstat(directory, &status)
        return status
    }

    enum Refusal: Error {
        /// The archive requests something forbidden.
        case hostile(String)
        case failed(Errno)
    }

    /// The directory that `name` is in, valid until the next call. Missing ones are made if `create` is set.
    mutating func parent(of name: EntryName, create: Bool) throws(Refusal) -> CInt {
        let depth = name.parentDepth
        pop(to: known.map { name.commonComponents(with: $0, limit: min(depth, levels.count)) } ?? 0)
        known = name
        while levels.count < depth {
            let opened = try open(name, level: levels.count, in: levels.last?.descriptor ?? root, create: create)
            let status = Self.status(opened)
            levels.append(
                Level(
                    descriptor: opened, device: status.st_dev, inode: status.st_ino,
                    isSetgid: status.st_mode & S_ISGID != 0))
            let old = levels.count - 1 - Self.openLimit
            if old >= 0, levels[old].descriptor >= 0 {
                _ = close(levels[old].descriptor)
                levels[old].descriptor = -1
            }
        }
        return levels.last?.descriptor ?? root
    }

    private func open(_ name: EntryName, level: Int, in above: CInt, create: Bool) throws(Refusal) -> CInt {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var result = unsafe name.withComponent(level) { unsafe openat(above, $0, flags) }
        if result >= 0 { return result }
        var error = Errno.last
        if error == .noSuchFileOrDirectory, create {
            if unsafe name.withComponent(level, { unsafe mkdirat(above, $0, 0o755) }) != 0 {
                let failure = Errno.last
                if failure != .fileExists { throw .failed(failure) }
            }
            result = unsafe name.withComponent(level) { unsafe openat(above, $0, flags) }
            if result >= 0 { return result }
            error = Errno.last
        }
        switch error {
        case .notDirectory, .tooManySymbolicLinkLevels: return try resolve(name.path(depth: level + 1))
        case .fileNameTooLong: throw .hostile("a name in it is too long")
        default: throw .failed(error)
        }
    }

    /// Opens the directory that the link at `path` leads to, if the policy lets it be followed.
    func resolve(_ path: [CChar]) throws(Refusal) -> CInt {
        let mode = linkedParents == .beneath ? mg_resolve_beneath : mg_resolve_in_root
        for _ in 0..<1_000 {
            let result = unsafe mg_openat2(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, mode)
            if result >= 0 { return result }
            let error = Errno.last
            let shown = printable(path.dropLast().map { UInt8(bitPattern: $0) })
            switch error {
            // EAGAIN: something was renamed meanwhile and the kernel cannot tell whether ".." is still safe.
            case .interrupted, .resourceTemporarilyUnavailable: continue
            case .improperLink: throw .hostile("\(shown) is a symbolic link that leaves the root")
            case .notDirectory: throw .hostile("\(shown) is not a directory")
            case .noSuchFileOrDirectory: throw .hostile("\(shown) is a dangling symbolic link")
            case .tooManySymbolicLinkLevels: throw .hostile("\(shown) is a symbolic link loop")
            case .fileNameTooLong: throw .hostile("\(shown) is a symbolic link whose path is too long")
            // Linux before 5.6, or a filter that does not know the call: no link is followed then.
            case .noFunction, .notPermitted: throw .hostile("\(shown) is a symbolic link or not a directory")
            default: throw .failed(error)
            }
        }
        throw .failed(.resourceTemporarilyUnavailable)
    }
}
