// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import Failures
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Creates the entries of an archive below a directory, and nothing outside.
///
/// Used on one thread. Few system calls: an ordinary file is openat, write, futimens, close.
struct TreeWriter: ~Copyable {
    let archive: String
    let policy: ExtractionPolicy
    private let root: CInt
    let caller = (user: geteuid(), group: getegid())
    /// Whether the mode given to open(2) is the mode the file gets.
    let hasOwnUmask: Bool
    var parents: ParentCache
    var report = ExtractionReport()
    var directories = DirectoryMetadata()
    /// Of a layer of an image; nil: this is no layer.
    var layer: LayerContents?
    /// Names of entries that were left out and that nothing else has come to have.
    var left: Set<EntryName> = []
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
        layer = policy.isLayer ? LayerContents() : nil
    }

    mutating func write(_ entry: ArchiveEntry, from reader: ArchiveReader) throws(ExtractionError) {
        report.entries += 1
        guard report.entries <= policy.entryLimit else {
            throw ExtractionError(
                archive, .tooLarge("more than the limit of \(counted(policy.entryLimit, "entry", plural: "entries"))"))
        }
        if let time = entry.modified { report.newestTime = max(report.newestTime, time) }
        guard let pointer = unsafe entry.name else { throw hostile(entry, "it has no name") }
        let name: EntryName
        do throws(EntryName.Refusal) {
            name = try unsafe EntryName(pointer)
        } catch {
            throw hostile(entry, error.why)
        }
        if !policy.leftOut.patterns.isEmpty,
            policy.leftOut.leavesOut(String(decoding: name.rooted.dropFirst(), as: UTF8.self))
        {
            return
        }
        if layer != nil, try hide(entry, name) { return }
        layer?.insert(name)
        if name.isRoot {
            guard entry.kind == S_IFDIR else { throw hostile(entry, "it would replace the root itself") }
            guard entry.permissions & 0o500 == 0o500 else {
                let mode = String(entry.permissions, radix: 8)
                throw hostile(entry, "it would make the root inaccessible to its owner (mode \(mode))")
            }
            remember(entry, name, isNew: true)
        } else if let target = unsafe entry.hardLinkTarget {
            try unsafe makeHardLink(entry, name, to: target, from: reader)
        } else {
            switch entry.kind {
            case S_IFREG: try makeFile(entry, name, from: reader)
            case S_IFDIR: try makeDirectory(entry, name)
            case S_IFLNK: try makeSymbolicLink(entry, name)
            case S_IFIFO: try makePipe(entry, name)
            case S_IFCHR, S_IFBLK, S_IFSOCK: return try leaveOut(entry, name)
            default: throw hostile(entry, "unknown type")
            }
        }
        if !left.isEmpty { left.remove(name) }
        made?(name)
    }

    /// Gives the directories what had to wait until they were filled. The report is complete after this.
    mutating func finish() throws(ExtractionError) {
        try restoreTimes()
        let directories = directories
        self.directories = DirectoryMetadata()
        try directories.forEach { (name, metadata) throws(ExtractionError) in
            let display = printable(name.rooted)
            let descriptor: CInt
            do throws(ParentCache.Refusal) {
                let parent = try parents.parent(of: name, create: false)
                descriptor = unsafe name.withLast {
                    unsafe openat(parent, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                }
            } catch {
                // Something later in the archive took its place.
                return
            }
            guard descriptor >= 0 else { return }
            defer { _ = close(descriptor) }
            try setOwner(metadata.owner, ofDescriptor: descriptor, display)
            if fchmod(descriptor, metadata.permissions) != 0 { throw failed("set permissions of", display, .last) }
            setAttributes(metadata.attributes, ofDescriptor: descriptor, display)
            try setTimes(metadata.times, ofDescriptor: descriptor, display)
        }
    }

    // MARK: What they share

    /// Runs `make`, which must not replace anything; where something is in the way the later entry wins. Nil where
    /// the policy keeps what is there.
    mutating func replacing(
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
                if removed != 0, Errno.last == .directoryNotEmpty, !removeDirectoryInTheWay(name, in: parent) {
                    throw hostile(entry, "it would replace a non-empty directory")
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

    mutating func parent(
        of name: EntryName, _ entry: ArchiveEntry, create: Bool = true
    ) throws(ExtractionError) -> CInt {
        do throws(ParentCache.Refusal) {
            let parent = try parents.parent(of: name, create: create)
            if create { layer?.noteTimes(of: name.parent, parent) }
            return parent
        } catch {
            switch error {
            case .hostile(let why): throw hostile(entry, why)
            case .failed(.noSuchFileOrDirectory): throw hostile(entry, "a hard link to a missing file")
            case .failed(let errno): throw failed("open the directory of", entry.displayName, errno)
            }
        }
    }

    enum Existing { case directory, linkToDirectory, other }

    func existing(_ name: EntryName, in parent: CInt) -> Existing {
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

    mutating func remember(_ entry: ArchiveEntry, _ name: EntryName, isNew: Bool) {
        if !isNew, policy.existingDirectories == .keep, !directories.contains(name) { return }
        if name.isRoot, policy.existingDirectories == .keep { return }
        directories.set(
            name,
            DirectoryMetadata.Values(
                permissions: entry.permissions, owner: entry.owner, times: entry.times,
                attributes: entry.extendedAttributes))
    }

    mutating func copyContents(
        of entry: ArchiveEntry, from reader: ArchiveReader, to descriptor: CInt
    ) throws(ExtractionError) {
        let size = entry.size
        guard size >= 0 else { throw hostile(entry, "negative size") }
        guard size <= policy.byteLimit else {
            throw ExtractionError(archive, .tooLarge("\(entry.displayName) has \(counted(size, "byte"))"))
        }
        var end: Int64 = 0
        while let block = unsafe try reader.nextBlock() {
            // A map of holes may say anything.
            let (offset, length) = unsafe (block.offset, Int64(block.bytes.count))
            guard offset >= end, offset <= size, length <= size - offset else {
                throw hostile(entry, "its sparse map exceeds its size")
            }
            var done = 0
            while unsafe done < block.bytes.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: block.bytes[done...])
                let count = unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(block.offset) + done)
                if count < 0 {
                    let error = Errno.last
                    if error == .interrupted { continue }
                    throw creation("write", entry, error)
                }
                done += count
            }
            unsafe end = max(end, block.offset + Int64(block.bytes.count))
            report.bytes += Int64(done)
        }
        // The file ends in a hole.
        if end < size, ftruncate(descriptor, off_t(size)) != 0 { throw creation("write", entry, .last) }
    }

    // MARK: Errors

    func hostile(_ entry: ArchiveEntry, _ why: String) -> ExtractionError {
        ExtractionError(archive, .hostile(entry: entry.displayName, why))
    }

    func failed(_ operation: String, _ display: String, _ error: Errno) -> ExtractionError {
        ExtractionError(archive, .file(operation: operation, path: display, error))
    }

    /// Classifies a failed creation: some failures are the archive's fault.
    func creation(_ operation: String, _ entry: ArchiveEntry, _ error: Errno) -> ExtractionError {
        switch error {
        case .fileNameTooLong: hostile(entry, "the name is too long")
        case .noSuchFileOrDirectory where operation == "create hard link":
            hostile(entry, "a hard link to a missing file")
        case .notPermitted where operation == "create hard link": hostile(entry, "a hard link to a directory")
        case .tooManyLinks: hostile(entry, "too many hard links for this file system")
        case .fileTooLarge: hostile(entry, "too large for this file system")
        case .tooManySymbolicLinkLevels: hostile(entry, "a symbolic link with contents")
        default: failed(operation, entry.displayName, error)
        }
    }
}
