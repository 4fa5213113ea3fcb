// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Makes the entries of an archive below a directory, and nothing anywhere else.
///
/// Used on one thread. Few system calls: an ordinary file is openat, write, futimens, close.
struct TreeWriter: ~Copyable {
    let archive: String
    let policy: ExtractionPolicy
    private let root: CInt
    private let caller = (user: geteuid(), group: getegid())
    /// Whether the mode given to open(2) is the mode the file gets.
    let hasOwnUmask: Bool
    var parents: ParentCache
    private(set) var report = ExtractionReport()
    private var directories = DirectoryMetadata()
    /// Gets every entry made, in order.
    private let made: ((EntryName) -> Void)?

    /// `root` stays the caller's and open until `finish()`.
    init(
        root: CInt, archive: String, policy: ExtractionPolicy, hasOwnUmask: Bool, made: ((EntryName) -> Void)? = nil
    ) {
        self.root = root
        self.archive = archive
        self.policy = policy
        self.hasOwnUmask = hasOwnUmask
        self.made = made
        parents = ParentCache(root: root, linkedParents: policy.linkedParents)
    }

    mutating func write(_ entry: ArchiveEntry, from reader: ArchiveReader) throws(ExtractionError) {
        report.entries += 1
        guard report.entries <= policy.entryLimit else {
            throw ExtractionError(archive, .tooLarge("more than the limit of \(policy.entryLimit) entries"))
        }
        guard let pointer = unsafe entry.name else { throw hostile(entry, "it has no name") }
        let name: EntryName
        do throws(EntryName.Refusal) {
            name = try unsafe EntryName(pointer)
        } catch {
            throw hostile(entry, error.why)
        }
        if name.isRoot {
            guard entry.kind == S_IFDIR else { throw hostile(entry, "it would replace the root itself") }
            remember(entry, name, isNew: true)
        } else if let target = unsafe entry.hardLinkTarget {
            try unsafe makeHardLink(entry, name, to: target, from: reader)
        } else {
            switch entry.kind {
            case S_IFREG: try makeFile(entry, name, from: reader)
            case S_IFDIR: try makeDirectory(entry, name)
            case S_IFLNK: try makeSymbolicLink(entry, name)
            case S_IFIFO, S_IFCHR, S_IFBLK:
                guard try makeNode(entry, name) else { return }
            case S_IFSOCK:
                report.skip(entry.displayName, "a socket")
                return
            default: throw hostile(entry, "its type is not known")
            }
        }
        made?(name)
    }

    /// Gives the directories what had to wait until they were filled. The report is complete after this.
    mutating func finish() throws(ExtractionError) {
        for (name, metadata) in directories.deepestFirst {
            let display = printable(name.rooted)
            let descriptor: CInt
            do throws(ParentCache.Refusal) {
                let parent = try parents.parent(of: name, create: false)
                descriptor = unsafe name.withLast {
                    unsafe openat(parent, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                }
            } catch {
                // Something later in the archive took its place.
                continue
            }
            guard descriptor >= 0 else { continue }
            defer { _ = close(descriptor) }
            try setOwner(metadata.owner, ofDescriptor: descriptor, display)
            if fchmod(descriptor, metadata.permissions) != 0 { throw failed("set permissions of", display, .last) }
            setAttributes(metadata.attributes, ofDescriptor: descriptor, display)
            try setTimes(metadata.times, ofDescriptor: descriptor, display)
        }
        directories = DirectoryMetadata()
    }

    // MARK: Kinds of entry

    private mutating func makeFile(
        _ entry: ArchiveEntry, _ name: EntryName, from reader: ArchiveReader
    ) throws(ExtractionError) {
        let parent = try parent(of: name, entry)
        let permissions = entry.permissions
        let chowns = changesOwner(entry.owner)
        // Without bits that others could use before the file is theirs.
        let mode = chowns ? permissions & 0o700 : permissions & 0o777
        let descriptor = try unsafe replacing(entry, name, in: parent, "create") { parent, name in
            unsafe openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        }
        guard let descriptor else { return }
        defer { _ = close(descriptor) }
        try copyContents(of: entry, from: reader, to: descriptor)
        if chowns { try setOwner(entry.owner, ofDescriptor: descriptor, entry.displayName) }
        let final = filtered(permissions)
        if final != mode || !hasOwnUmask, fchmod(descriptor, final) != 0 {
            throw failed("set permissions of", entry.displayName, .last)
        }
        setAttributes(entry.extendedAttributes, ofDescriptor: descriptor, entry.displayName)
        try setTimes(entry.times, ofDescriptor: descriptor, entry.displayName)
    }

    private mutating func makeDirectory(_ entry: ArchiveEntry, _ name: EntryName) throws(ExtractionError) {
        let parent = try parent(of: name, entry)
        var isNew = true
        if unsafe name.withLast({ unsafe mkdirat(parent, $0, 0o700) }) != 0 {
            let error = Errno.last
            guard error == .fileExists else { throw creation("create directory", entry, error) }
            switch existing(name, in: parent) {
            case .directory: isNew = false
            // Merged /usr: `bin` stays the link it is.
            case .linkToDirectory: return
            case .other:
                parents.clear()
                let parent = try self.parent(of: name, entry)
                _ = unsafe name.withLast { unsafe unlinkat(parent, $0, 0) }
                guard unsafe name.withLast({ unsafe mkdirat(parent, $0, 0o700) }) == 0 else {
                    throw creation("create directory", entry, .last)
                }
            }
        }
        remember(entry, name, isNew: isNew)
    }

    private mutating func makeSymbolicLink(_ entry: ArchiveEntry, _ name: EntryName) throws(ExtractionError) {
        guard let target = unsafe entry.symbolicLinkTarget, unsafe target[0] != 0 else {
            throw hostile(entry, "a symbolic link to nothing")
        }
        let parent = try parent(of: name, entry)
        let result = try unsafe replacing(entry, name, in: parent, "create symbolic link") { parent, name in
            unsafe symlinkat(target, parent, name)
        }
        guard result != nil else { return }
        try setLinkMetadata(entry, name)
    }

    /// False where it was left out.
    private mutating func makeNode(_ entry: ArchiveEntry, _ name: EntryName) throws(ExtractionError) -> Bool {
        let isDevice = entry.kind != S_IFIFO
        if isDevice, policy.devices == .skip {
            report.skip(entry.displayName, "a device node")
            return false
        }
        let parent = try parent(of: name, entry)
        var permitted = true
        let result = try unsafe replacing(entry, name, in: parent, "create device node") { parent, name in
            let result = unsafe mknodat(parent, name, entry.kind | entry.permissions, isDevice ? entry.device : 0)
            if result != 0, isDevice, Errno.last == .notPermitted {
                permitted = false
                return 0
            }
            return result
        }
        guard permitted else {
            report.skip(entry.displayName, "a device node, which may not be made here")
            return false
        }
        guard result != nil else { return true }
        try setLinkMetadata(entry, name)
        return true
    }

    private mutating func makeHardLink(
        _ entry: ArchiveEntry, _ name: EntryName, to pointer: UnsafePointer<CChar>, from reader: ArchiveReader
    ) throws(ExtractionError) {
        let target: EntryName
        do throws(EntryName.Refusal) {
            target = try unsafe EntryName(pointer)
        } catch {
            throw hostile(entry, "of the hard link's target \(error.why)")
        }
        guard !target.isAbsolute || name.isAbsolute else { throw hostile(entry, "a hard link to an absolute name") }
        guard !target.isRoot else { throw hostile(entry, "a hard link to the root") }
        if target == name { return }
        // A descriptor of its own: looking for the other parent may close the cached one.
        let source = fcntl(try parent(of: target, entry, create: false), F_DUPFD_CLOEXEC, 0)
        guard source >= 0 else { throw creation("create hard link", entry, .last) }
        defer { _ = close(source) }
        let parent = try parent(of: name, entry)
        // Without AT_SYMLINK_FOLLOW: where the target is a symbolic link, the link itself gets the second name.
        let result = try unsafe replacing(entry, name, in: parent, "create hard link") { parent, name in
            unsafe target.withLast { unsafe linkat(source, $0, parent, name, 0) }
        }
        guard result != nil, entry.size > 0 else { return }
        // cpio, and tar as POSIX allows it, put the contents with the last name.
        let place = try self.parent(of: name, entry)
        let descriptor = unsafe name.withLast {
            unsafe openat(place, $0, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw creation("write", entry, .last) }
        defer { _ = close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw hostile(entry, "contents for what is not a file")
        }
        if ftruncate(descriptor, 0) != 0 { throw failed("write", entry.displayName, .last) }
        try copyContents(of: entry, from: reader, to: descriptor)
        if fchmod(descriptor, filtered(entry.permissions)) != 0 {
            throw failed("set permissions of", entry.displayName, .last)
        }
        try setTimes(entry.times, ofDescriptor: descriptor, entry.displayName)
    }

    // MARK: What they share

    /// Runs `make`, which must not replace anything; where something is in the way the later entry wins. Nil where
    /// the policy keeps what is there.
    private mutating func replacing(
        _ entry: ArchiveEntry, _ name: EntryName, in parent: CInt, _ operation: String,
        _ make: (CInt, UnsafePointer<CChar>) -> CInt
    ) throws(ExtractionError) -> CInt? {
        var result = unsafe name.withLast { unsafe make(parent, $0) }
        if result >= 0 { return result }
        var error = Errno.last
        if error == .fileExists {
            var removed = unsafe name.withLast { unsafe unlinkat(parent, $0, 0) }
            if removed != 0, Errno.last == .isDirectory {
                if policy.existingDirectories == .keep { return nil }
                removed = unsafe name.withLast { unsafe unlinkat(parent, $0, AT_REMOVEDIR) }
                if removed != 0, Errno.last == .directoryNotEmpty {
                    throw hostile(entry, "it would replace a directory that is not empty")
                }
            }
            // The name was perhaps a directory, or led to one.
            parents.clear()
            let parent = try self.parent(of: name, entry)
            result = unsafe name.withLast { unsafe make(parent, $0) }
            if result >= 0 { return result }
            error = Errno.last
        }
        throw creation(operation, entry, error)
    }

    private mutating func parent(
        of name: EntryName, _ entry: ArchiveEntry, create: Bool = true
    ) throws(ExtractionError) -> CInt {
        do throws(ParentCache.Refusal) {
            return try parents.parent(of: name, create: create)
        } catch {
            switch error {
            case .hostile(let why): throw hostile(entry, why)
            case .failed(.noSuchFileOrDirectory): throw hostile(entry, "it links to what is not there")
            case .failed(let errno): throw failed("open the directory of", entry.displayName, errno)
            }
        }
    }

    private enum Existing { case directory, linkToDirectory, other }

    private func existing(_ name: EntryName, in parent: CInt) -> Existing {
        var status = stat()
        guard unsafe name.withLast({ unsafe fstatat(parent, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
            return .other
        }
        if status.st_mode & S_IFMT == S_IFDIR { return .directory }
        guard status.st_mode & S_IFMT == S_IFLNK,
            let opened = try? parents.resolve(name.path(depth: name.parentDepth + 1))
        else { return .other }
        _ = close(opened)
        return .linkToDirectory
    }

    private mutating func remember(_ entry: ArchiveEntry, _ name: EntryName, isNew: Bool) {
        if !isNew, policy.existingDirectories == .keep, !directories.contains(name) { return }
        if name.isRoot, policy.existingDirectories == .keep { return }
        directories.set(
            name,
            DirectoryMetadata.Values(
                permissions: entry.permissions, owner: entry.owner, times: entry.times,
                attributes: entry.extendedAttributes))
    }

    private mutating func copyContents(
        of entry: ArchiveEntry, from reader: ArchiveReader, to descriptor: CInt
    ) throws(ExtractionError) {
        let size = entry.size
        guard size <= policy.byteLimit else {
            throw ExtractionError(archive, .tooLarge("\(entry.displayName) has \(size) bytes"))
        }
        var end: Int64 = 0
        while let block = unsafe try reader.nextBlock() {
            var done = 0
            while unsafe done < block.bytes.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: block.bytes[done...])
                let count = unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(block.offset) + done)
                if count < 0 {
                    let error = Errno.last
                    if error == .interrupted { continue }
                    throw failed("write", entry.displayName, error)
                }
                done += count
            }
            unsafe end = max(end, block.offset + Int64(block.bytes.count))
            report.bytes += Int64(done)
        }
        // The file ends in a hole.
        if end < size, ftruncate(descriptor, off_t(size)) != 0 { throw failed("write", entry.displayName, .last) }
    }

    // MARK: Metadata

    private func filtered(_ permissions: mode_t) -> mode_t {
        policy.keepsSetuid ? permissions : permissions & ~mode_t(S_ISUID | S_ISGID)
    }

    private func changesOwner(_ owner: (user: uid_t, group: gid_t)?) -> Bool {
        guard policy.ownership == .archive else { return parents.inheritsGroup }
        guard let owner else { return true }
        return owner != caller || parents.inheritsGroup
    }

    private mutating func setLinkMetadata(_ entry: ArchiveEntry, _ name: EntryName) throws(ExtractionError) {
        let parent = try parent(of: name, entry)
        if changesOwner(entry.owner), let owner = wanted(entry.owner, entry.displayName) {
            let result = unsafe name.withLast {
                unsafe fchownat(parent, $0, owner.user, owner.group, AT_SYMLINK_NOFOLLOW)
            }
            if result != 0 { try ownerRefused(.last, owner, entry.displayName) }
        }
        if entry.kind != S_IFLNK {
            // Made just now, in a directory held open: no link to follow.
            let result = unsafe name.withLast { unsafe fchmodat(parent, $0, filtered(entry.permissions), 0) }
            if result != 0 { throw failed("set permissions of", entry.displayName, .last) }
        }
        for attribute in entry.extendedAttributes {
            let path = "/proc/self/fd/\(parent)/".utf8CString.dropLast() + name.component(name.parentDepth)
            let result = unsafe Array(path).withUnsafeBufferPointer { path in
                guard let path = path.baseAddress else { return CInt(-1) }
                return unsafe mg_lsetxattr(path, attribute.name, attribute.value, UInt(attribute.value.count))
            }
            if result != 0 { recordAttribute(attribute.name, .last, entry.displayName) }
        }
        let times = [entry.times.0, entry.times.1]
        let result = unsafe name.withLast { unsafe utimensat(parent, $0, times, AT_SYMLINK_NOFOLLOW) }
        if result != 0 { throw failed("set times of", entry.displayName, .last) }
    }

    private mutating func setOwner(
        _ owner: (user: uid_t, group: gid_t)?, ofDescriptor descriptor: CInt, _ display: String
    ) throws(ExtractionError) {
        guard let owner = wanted(owner, display) else { return }
        if fchown(descriptor, owner.user, owner.group) != 0 { try ownerRefused(.last, owner, display) }
    }

    /// The owner to set; nil, recorded, where Linux has no such id.
    private mutating func wanted(
        _ owner: (user: uid_t, group: gid_t)?, _ display: String
    ) -> (user: uid_t, group: gid_t)? {
        if policy.ownership == .caller { return caller }
        if owner == nil { report.skip(display, "its owner is not a valid id: it belongs to the caller") }
        return owner
    }

    private mutating func ownerRefused(
        _ error: Errno, _ owner: (user: uid_t, group: gid_t), _ display: String
    ) throws(ExtractionError) {
        guard policy.unmappedOwners == .record, error == .invalidArgument || error == .notPermitted else {
            throw failed("give user \(owner.user), group \(owner.group) ownership of", display, error)
        }
        report.skip(display, "owner \(owner.user):\(owner.group) cannot be set here: it belongs to the caller")
    }

    private mutating func setAttributes(
        _ attributes: [(name: String, value: [UInt8])], ofDescriptor descriptor: CInt, _ display: String
    ) {
        for (name, value) in attributes where unsafe mg_fsetxattr(descriptor, name, value, UInt(value.count)) != 0 {
            recordAttribute(name, .last, display)
        }
    }

    private mutating func recordAttribute(_ name: String, _ error: Errno, _ display: String) {
        report.skip(display, "extended attribute \(printable(name.utf8)) cannot be set: \(error.description)")
    }

    private func setTimes(
        _ times: (timespec, timespec), ofDescriptor descriptor: CInt, _ display: String
    ) throws(ExtractionError) {
        if unsafe futimens(descriptor, [times.0, times.1]) != 0 { throw failed("set times of", display, .last) }
    }

    // MARK: Errors

    private func hostile(_ entry: ArchiveEntry, _ why: String) -> ExtractionError {
        ExtractionError(archive, .hostile(entry: entry.displayName, why))
    }

    private func failed(_ operation: String, _ display: String, _ error: Errno) -> ExtractionError {
        ExtractionError(archive, .file(operation: operation, path: display, error))
    }

    /// What a refused creation means: some refusals are the archive's own fault.
    private func creation(_ operation: String, _ entry: ArchiveEntry, _ error: Errno) -> ExtractionError {
        switch error {
        case .fileNameTooLong: hostile(entry, "the name is too long")
        case .noSuchFileOrDirectory where operation == "create hard link":
            hostile(entry, "a hard link to what is not there")
        case .notPermitted where operation == "create hard link": hostile(entry, "a hard link to a directory")
        case .tooManySymbolicLinkLevels: hostile(entry, "contents for a symbolic link")
        default: failed(operation, entry.displayName, error)
        }
    }
}
