// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// One function for each kind of entry.
extension TreeWriter {
    mutating func makeFile(
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

    mutating func makeDirectory(_ entry: ArchiveEntry, _ name: EntryName) throws(ExtractionError) {
        let parent = try parent(of: name, entry)
        var isNew = true
        if unsafe name.withLast({ unsafe mkdirat(parent, $0, 0o700) }) != 0 {
            let error = Errno.last
            guard error == .fileExists else { throw creation("create directory", entry, error) }
            switch existing(name, in: parent) {
            case .directory: isNew = false
            // Merged /usr: `bin` stays the link it is.
            case .linkToDirectory where layer == nil: return
            case .linkToDirectory, .other:
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

    mutating func makeSymbolicLink(_ entry: ArchiveEntry, _ name: EntryName) throws(ExtractionError) {
        guard let target = unsafe entry.symbolicLinkTarget, unsafe target[0] != 0 else {
            throw hostile(entry, "a symbolic link without a target")
        }
        let parent = try parent(of: name, entry)
        let result = try unsafe replacing(entry, name, in: parent, "create symbolic link") { parent, name in
            unsafe symlinkat(target, parent, name)
        }
        guard result != nil else { return }
        try setLinkMetadata(entry, name)
    }

    mutating func makePipe(_ entry: ArchiveEntry, _ name: EntryName) throws(ExtractionError) {
        let parent = try parent(of: name, entry)
        let result = try unsafe replacing(entry, name, in: parent, "create named pipe") { parent, name in
            unsafe mkfifoat(parent, name, entry.permissions)
        }
        guard result != nil else { return }
        try setLinkMetadata(entry, name)
    }

    /// Device nodes, which would be the host's devices, and sockets, which nobody listens on, are never made. What had
    /// the name before is gone all the same: the later entry counts.
    mutating func leaveOut(_ entry: ArchiveEntry, _ name: EntryName) throws(ExtractionError) {
        report.skip(entry.displayName, entry.kind == S_IFSOCK ? "a socket" : "a device node")
        let parent = try parent(of: name, entry)
        if unsafe name.withLast({ unsafe unlinkat(parent, $0, 0) }) != 0, policy.existingDirectories == .update,
            !removeDirectoryInTheWay(name, in: parent)
        {
            _ = unsafe name.withLast { unsafe unlinkat(parent, $0, AT_REMOVEDIR) }
        }
        parents.clear()
        left.insert(name)
    }

    mutating func makeHardLink(
        _ entry: ArchiveEntry, _ name: EntryName, to pointer: UnsafePointer<CChar>, from reader: ArchiveReader
    ) throws(ExtractionError) {
        let target: EntryName
        do throws(EntryName.Refusal) {
            target = try unsafe EntryName(pointer)
        } catch {
            throw hostile(entry, "hard link target: \(error.why)")
        }
        guard !target.isAbsolute || name.isAbsolute else { throw hostile(entry, "a hard link to an absolute name") }
        guard !target.isRoot else { throw hostile(entry, "a hard link to the root") }
        if target == name { return }
        if left.contains(target) {
            report.skip(entry.displayName, "a hard link to an entry that was left out")
            left.insert(name)
            return
        }
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
            throw hostile(entry, "contents in an entry that is not a file")
        }
        if ftruncate(descriptor, 0) != 0 { throw failed("write", entry.displayName, .last) }
        try copyContents(of: entry, from: reader, to: descriptor)
        if fchmod(descriptor, filtered(entry.permissions)) != 0 {
            throw failed("set permissions of", entry.displayName, .last)
        }
        try setTimes(entry.times, ofDescriptor: descriptor, entry.displayName)
    }
}
