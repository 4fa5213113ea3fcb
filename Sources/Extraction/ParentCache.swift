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

    private let root: CInt
    private let linkedParents: ExtractionPolicy.LinkedParents
    private var names: [[CChar]] = []
    /// -1 where it was closed again to stay below the limit.
    private var descriptors: [CInt] = []
    private var setgid: [Bool] = []
    private let rootIsSetgid: Bool

    /// `root` stays the caller's.
    init(root: CInt, linkedParents: ExtractionPolicy.LinkedParents) {
        self.root = root
        rootIsSetgid = Self.isSetgid(root)
        self.linkedParents = linkedParents
    }

    deinit {
        for descriptor in descriptors where descriptor >= 0 { _ = close(descriptor) }
    }

    /// Forgets everything: a name may lead elsewhere from now on.
    mutating func clear() {
        pop(to: 0)
    }

    private mutating func pop(to depth: Int) {
        while names.count > depth {
            names.removeLast()
            setgid.removeLast()
            if let last = descriptors.popLast(), last >= 0 { _ = close(last) }
        }
    }

    /// Whether what is made in the parent found last gets that directory's group instead of the caller's.
    var inheritsGroup: Bool { setgid.last ?? rootIsSetgid }

    private static func isSetgid(_ directory: CInt) -> Bool {
        var status = stat()
        return unsafe fstat(directory, &status) == 0 && status.st_mode & S_ISGID != 0
    }

    enum Refusal: Error {
        /// The archive asks for what it must not.
        case hostile(String)
        case failed(Errno)
    }

    /// The directory that `name` is in, valid until the next call. Missing ones are made if `create` is set.
    mutating func parent(of name: EntryName, create: Bool) throws(Refusal) -> CInt {
        let depth = name.parentDepth
        var common = 0
        while common < min(depth, names.count), names[common].elementsEqual(name.component(common)) { common += 1 }
        while common > 0, descriptors[common - 1] < 0 { common -= 1 }
        pop(to: common)
        for level in common..<depth {
            let above = level == 0 ? root : descriptors[level - 1]
            let opened = try open(name, level: level, in: above, create: create)
            if level > Self.openLimit {
                _ = close(descriptors[level - 1])
                descriptors[level - 1] = -1
            }
            names.append(Array(name.component(level)))
            descriptors.append(opened)
            setgid.append(Self.isSetgid(opened))
        }
        return descriptors.last ?? root
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
            case .improperLink: throw .hostile("\(shown) is a symbolic link out of the root")
            case .notDirectory: throw .hostile("\(shown) is not a directory")
            case .noSuchFileOrDirectory: throw .hostile("\(shown) is a symbolic link to nothing")
            case .tooManySymbolicLinkLevels: throw .hostile("\(shown) is a symbolic link that leads back to itself")
            case .fileNameTooLong: throw .hostile("\(shown) is too long a path with a symbolic link in it")
            // Linux before 5.6, or a filter that does not know the call: no link is followed then.
            case .noFunction, .notPermitted: throw .hostile("\(shown) is a symbolic link or not a directory")
            default: throw .failed(error)
            }
        }
        throw .failed(.resourceTemporarilyUnavailable)
    }
}
