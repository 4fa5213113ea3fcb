// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// A name in a directory that is being copied.
struct CopiedFile {
    /// With a NUL.
    let last: [CChar]
    let directory: EntryName
    let source: CInt
    let target: CInt

    var name: EntryName { directory.appending(last) }
}

extension CopiedFiles {
    func copy(_ file: CopiedFile) throws(ExtractionError) {
        let source = unsafe mg_open_within_mount(file.source, file.last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard source >= 0 else {
            let error = Errno.last
            if error == .improperLink { return queue.noteMount(file.name) }
            return try requireGone(error, file.name)
        }
        defer { _ = close(source) }
        var status = stat()
        guard unsafe fstat(source, &status) == 0 else { throw failed("examine", file.name) }
        guard status.st_mode & S_IFMT == S_IFREG else { return try requireGone(.invalidArgument, file.name) }
        try requireKnownOwner(file.last, file.name, in: file.source, status)
        queue.count(status)
        guard isFirst(file, status) else { return }

        let (owner, permissions) = (owner(status), status.st_mode & 0o7777)
        // Without bits that others could use before the file is theirs.
        let mode = owner == nil ? permissions & 0o777 : permissions & 0o700
        let target = unsafe openat(file.target, file.last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard target >= 0 else { throw failed("create", file.name) }
        defer { _ = close(target) }
        do throws(CopiedContents.Failure) {
            queue.advance(by: try contents.copy(source, to: target, status))
        } catch {
            throw failed(error.operation, file.name, error.errno)
        }
        if let owner, fchown(target, owner.user, owner.group) != 0 { throw failed("set the owner of", file.name) }
        if permissions != mode || !hasOwnUmask, fchmod(target, permissions) != 0 {
            throw failed("set permissions of", file.name)
        }
        try give(target, rules.shift.attributes(extendedAttributes(of: source)), file.name)
        if unsafe futimens(target, [timespec.omitted, status.st_mtim]) != 0 { throw failed("set times of", file.name) }
    }

    /// A symbolic link or a named pipe.
    func copy(_ file: CopiedFile, _ status: stat) throws(ExtractionError) {
        queue.count(status)
        guard isFirst(file, status) else { return }
        if status.st_mode & S_IFMT == S_IFLNK {
            var link = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            guard unsafe readlinkat(file.source, file.last, &link, Int(PATH_MAX)) >= 0 else {
                return try requireGone(.last, file.name)
            }
            guard unsafe symlinkat(link, file.target, file.last) == 0 else {
                throw failed("create symbolic link", file.name)
            }
        } else {
            guard unsafe mkfifoat(file.target, file.last, 0o600) == 0 else {
                throw failed("create named pipe", file.name)
            }
        }
        if let owner = owner(status),
            unsafe fchownat(file.target, file.last, owner.user, owner.group, AT_SYMLINK_NOFOLLOW) != 0
        {
            throw failed("set the owner of", file.name)
        }
        // Made just now, in a directory held open that is nobody else's: no link to follow.
        if status.st_mode & S_IFMT != S_IFLNK,
            unsafe fchmodat(file.target, file.last, status.st_mode & 0o7777, 0) != 0
        {
            throw failed("set permissions of", file.name)
        }
        let name = file.last.dropLast().map { UInt8(bitPattern: $0) }
        let target = pathThroughProc(name, in: file.target)
        for attribute in extendedAttributes(of: name, in: file.source)
        where unsafe mg_lsetxattr(target, attribute.name, attribute.value, UInt(attribute.value.count)) != 0 {
            try requireUnsupported(.last, file.name)
        }
        let times = [timespec.omitted, status.st_mtim]
        if unsafe utimensat(file.target, file.last, times, AT_SYMLINK_NOFOLLOW) != 0 {
            throw failed("set times of", file.name)
        }
    }

    private func isFirst(_ file: CopiedFile, _ status: stat) -> Bool {
        status.st_nlink < 2
            || queue.isFirst(file.name, of: .init(device: status.st_dev, inode: status.st_ino))
    }

    /// Owner, mode, attributes and times of a directory.
    func give(_ directory: CInt, _ name: EntryName, _ values: DirectoryMetadata.Values) throws(ExtractionError) {
        if let owner = values.owner, fchown(directory, owner.user, owner.group) != 0 {
            throw failed("set the owner of", name)
        }
        if fchmod(directory, values.permissions) != 0 { throw failed("set permissions of", name) }
        try give(directory, values.attributes, name)
        if unsafe futimens(directory, [values.times.0, values.times.1]) != 0 { throw failed("set times of", name) }
    }

    private func give(
        _ file: CInt, _ attributes: [(name: String, value: [UInt8])], _ name: @autoclosure () -> EntryName
    ) throws(ExtractionError) {
        // Whatever else changes a file takes its capabilities away.
        let last = attributes.filter { $0.name == "security.capability" }
        for attribute in attributes.filter({ $0.name != "security.capability" }) + last
        where unsafe mg_fsetxattr(file, attribute.name, attribute.value, UInt(attribute.value.count)) != 0 {
            try requireUnsupported(.last, name())
        }
    }

    /// Those that the user namespace or the file system does not take are left out, as they are where a tree is unpacked.
    private func requireUnsupported(_ error: Errno, _ name: EntryName) throws(ExtractionError) {
        if [.notSupported, .notPermitted, .invalidArgument].contains(error) { return }
        throw failed("set an extended attribute of", name, error)
    }
}

extension timespec {
    /// For utimensat(2): the time stays as it is.
    static let omitted = timespec(tv_sec: 0, tv_nsec: mg_utime_omit)
}
