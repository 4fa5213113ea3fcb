// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// What holds for all of a copy.
struct CopyRules: Sendable {
    /// What messages call the source.
    let archive: String
    let ownership: ExtractionPolicy.Ownership
    /// Whether a file of an id that this user namespace does not have ends the copy. It looks like nobody's.
    let refusesForeign: Bool
    let shift: OwnerShift
    /// That of the source, where another one shows a mount; nil where the kernel tells mounts apart, for then another one
    /// is a subvolume's.
    let device: dev_t?
    /// The top of the copy, which may lie in the source.
    let target: CopyQueue.Identity
    /// Whether what is made gets another group than the caller's.
    let inheritsGroup: Bool
}

/// Makes copies of what is in a directory. One thread's own.
@safe final class CopiedFiles {
    let rules: CopyRules
    let queue: CopyQueue
    /// Whether the mode given to open(2) is the mode the file gets.
    let hasOwnUmask: Bool
    let contents = CopiedContents()
    private let caller = (user: geteuid(), group: getegid())

    init(_ rules: CopyRules, _ queue: CopyQueue, hasOwnUmask: Bool) {
        self.rules = rules
        self.queue = queue
        self.hasOwnUmask = hasOwnUmask
    }

    /// Copies everything in a directory but the directories. Returns their names, with a NUL.
    func copy(from source: CInt, to target: CInt, _ directory: EntryName) throws(ExtractionError) -> [[CChar]] {
        var directories: [[CChar]] = []
        for (name, type) in try list(source, directory) {
            if queue.isOver { return [] }
            var kind = mode_t(type) << 12
            var status = stat()
            if kind != S_IFREG, kind != S_IFDIR {
                guard unsafe fstatat(source, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                    try requireGone(.last, directory.appending(name))
                    continue
                }
                kind = status.st_mode & S_IFMT
            }
            let file = CopiedFile(last: name, directory: directory, source: source, target: target)
            switch kind {
            case S_IFDIR: directories.append(name)
            case S_IFREG: try copy(file)
            case S_IFLNK, S_IFIFO: try copy(file, status)
            case S_IFSOCK: queue.skip(file.name, "a socket")
            default: queue.skip(file.name, "a device node")
            }
        }
        return directories
    }

    /// The names in a directory, with a NUL, and what readdir(3) says that they are.
    private func list(_ directory: CInt, _ name: EntryName) throws(ExtractionError) -> [(name: [CChar], type: UInt8)] {
        guard let found = rawListing(of: directory) else { throw failed("list", name) }
        return found.map { ($0.name.map { CChar(bitPattern: $0) } + [0], $0.type) }
    }

    /// Opens a directory and makes another like it. nil where there is nothing to copy in it.
    func enter(
        _ last: [CChar], _ name: EntryName, from source: CInt, to target: CInt
    ) throws(ExtractionError) -> CopiedPair? {
        var status = stat()
        let opened = unsafe mg_open_within_mount(source, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        guard opened >= 0 else {
            let error = Errno.last
            // A mount: the directory below it cannot be seen, so that this one stands for it.
            guard error == .improperLink, unsafe fstatat(source, last, &status, AT_SYMLINK_NOFOLLOW) == 0,
                status.st_mode & S_IFMT == S_IFDIR
            else {
                try requireGone(error, name)
                return nil
            }
            try makeMountPoint(last, name, in: target, status)
            return nil
        }
        let from = OwnedDescriptor(adopting: FileDescriptor(rawValue: opened))
        guard unsafe fstat(opened, &status) == 0 else { throw failed("examine", name) }
        guard rules.device ?? status.st_dev == status.st_dev else {
            try makeMountPoint(last, name, in: target, status)
            return nil
        }
        guard rules.target != .init(device: status.st_dev, inode: status.st_ino) else {
            queue.skip(name, "the copy itself")
            return nil
        }
        try requireKnownOwner(last, name, in: source, status, O_DIRECTORY)
        try makeDirectory(
            last, name, in: target, values(status, rules.shift.attributes(extendedAttributes(of: opened))))
        queue.count(status)
        let made = unsafe openat(target, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard made >= 0 else { throw failed("open", name) }
        return CopiedPair(source: from, target: OwnedDescriptor(adopting: FileDescriptor(rawValue: made)))
    }

    private func makeDirectory(
        _ last: [CChar], _ name: EntryName, in target: CInt, _ values: DirectoryMetadata.Values
    ) throws(ExtractionError) {
        guard unsafe mkdirat(target, last, 0o700) == 0 else { throw failed("create directory", name) }
        queue.note(name, values)
    }

    /// Owner and times are those of what is mounted, and no part of this tree.
    private func makeMountPoint(
        _ last: [CChar], _ name: EntryName, in target: CInt, _ status: stat
    ) throws(ExtractionError) {
        queue.noteMount(name)
        try makeDirectory(
            last, name, in: target,
            .init(
                permissions: status.st_mode & 0o7777, owner: rules.inheritsGroup ? caller : nil,
                times: (.omitted, .omitted), attributes: []))
    }

    /// What a directory like this is to get. A setgid bit that it has from the one above goes.
    func values(_ status: stat, _ attributes: [(name: String, value: [UInt8])]) -> DirectoryMetadata.Values {
        .init(
            permissions: status.st_mode & 0o7777, owner: owner(status), times: (.omitted, status.st_mtim),
            attributes: attributes)
    }

    /// The owner to give a file; nil where it has that one already.
    func owner(_ status: stat) -> (user: uid_t, group: gid_t)? {
        let owner = rules.ownership == .caller ? caller : rules.shift.owner(status.st_uid, status.st_gid)
        return owner == caller && !rules.inheritsGroup ? nil : owner
    }

    // MARK: Errors

    /// That `last`, which was opened and has `status`, belongs to an id of this user namespace.
    func requireKnownOwner(
        _ last: [CChar], _ name: @autoclosure () -> EntryName, in directory: CInt, _ status: stat, _ flags: CInt = 0
    ) throws(ExtractionError) {
        guard rules.refusesForeign, status.st_uid == Self.nobody else { return }
        let flags = flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | mg_open_noatime
        let opened = unsafe mg_open_within_mount(directory, last, flags)
        let error = Errno.last
        if opened >= 0 { _ = close(opened) }
        guard opened < 0, error == .notPermitted else { return }
        throw ExtractionError(rules.archive, .foreign(path: printable(name().rooted), owner: nil))
    }

    /// What the kernel says instead of ids that a user namespace does not have.
    private static let nobody: uid_t = {
        let text = (try? FilePath("/proc/sys/kernel/overflowuid").readFile(limit: 32)) ?? []
        return uid_t(String(decoding: text, as: UTF8.self).filter(\.isNumber)) ?? 65_534
    }()

    /// That what was listed is not there any more, or has become something else; any other error ends the copy.
    func requireGone(_ error: Errno, _ name: @autoclosure () -> EntryName) throws(ExtractionError) {
        let gone: [Errno] = [
            .noSuchFileOrDirectory, .tooManySymbolicLinkLevels, .notDirectory, .noSuchAddressOrDevice,
            .invalidArgument, .improperLink,
        ]
        guard gone.contains(error) else { throw failed("read", name(), error) }
        queue.skip(name(), "it was deleted or replaced during the copy")
    }

    func failed(
        _ operation: String, _ name: @autoclosure () -> EntryName, _ error: Errno = .last
    ) -> ExtractionError {
        ExtractionError(rules.archive, .file(operation: operation, path: printable(name().rooted), error))
    }
}
