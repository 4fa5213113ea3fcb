// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
package import SystemPackage

/// An open directory, and operations on the names in it.
///
/// Names are single components, resolved against the descriptor (`*at` calls) and never through a symbolic
/// link, so that nothing renamed or linked meanwhile can lead outside. `path` serves messages only.
package struct Directory: ~Copyable, Sendable {
    private let descriptor: OwnedDescriptor
    package let path: FilePath

    package init(adopting descriptor: consuming OwnedDescriptor, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens a directory by path. Symbolic links in `path` are followed: it is the user's own.
    package static func open(_ path: FilePath) throws(FilesystemError) -> Directory {
        Directory(adopting: try .open(path, .readOnly, options: .directory), path: path)
    }

    package var rawValue: CInt { descriptor.rawValue }

    /// Releases the descriptor to the caller.
    package consuming func release() -> OwnedDescriptor { descriptor }

    /// Opens the directory `name` in this one; a symbolic link there is an error (`ENOTDIR` or `ELOOP`).
    package func openDirectory(_ name: FilePath.Component) throws(FilesystemError) -> Directory {
        Directory(
            adopting: try open(name, flags: O_RDONLY | O_DIRECTORY, mode: 0), path: path.appending(name))
    }

    /// openat(2) of a regular file; anything else, such as a symbolic link or named pipe, is an error and never blocks.
    /// `O_NOFOLLOW`, `O_NONBLOCK`, `O_NOCTTY` and `O_CLOEXEC` are added.
    package func openFile(
        _ name: FilePath.Component, flags: CInt, mode: UInt32 = 0o644
    ) throws(FilesystemError) -> OwnedDescriptor {
        let file: OwnedDescriptor
        do throws(FilesystemError) {
            file = try open(name, flags: flags, mode: mode)
        } catch {
            // A pipe without a reader, a socket.
            guard error.errno == .noSuchAddressOrDevice, let found = try? status(of: name) else { throw error }
            throw FilesystemError(error.operation, error.path, error.errno, found: found.kind)
        }
        try file.requireFile(path.appending(name))
        return file
    }

    private func open(
        _ name: FilePath.Component, flags: CInt, mode: UInt32
    ) throws(FilesystemError) -> OwnedDescriptor {
        let directory = rawValue
        let flags = flags | O_NOFOLLOW | OwnedDescriptor.neverWaiting
        let opened = retrying { unsafe name.withPlatformString { unsafe openat(directory, $0, flags, mode) } }
        if let error = opened.error {
            throw FilesystemError(flags & O_CREAT != 0 ? "create" : "open", path.appending(name), error)
        }
        return OwnedDescriptor(adopting: FileDescriptor(rawValue: opened.value))
    }

    /// What `name` is, a symbolic link itself included; nil where there is nothing.
    package func status(of name: FilePath.Component) throws(FilesystemError) -> FileStatus? {
        var status = stat()
        let result = unsafe name.withPlatformString { unsafe fstatat(rawValue, $0, &status, AT_SYMLINK_NOFOLLOW) }
        if result == 0 { return FileStatus(status) }
        let error = Errno.last
        if error == .noSuchFileOrDirectory { return nil }
        throw FilesystemError("examine", path.appending(name), error)
    }

    /// What this directory is.
    package func status() throws(FilesystemError) -> FileStatus {
        var status = stat()
        guard unsafe fstat(rawValue, &status) == 0 else { throw FilesystemError("examine", path, .last) }
        return FileStatus(status)
    }

    /// Whether an ACL may give access to others than owner and group (acl(5)).
    package var hasAccessControlList: Bool {
        unsafe mg_lgetxattr("/proc/self/fd/\(rawValue)/.", "system.posix_acl_access", nil, 0) > 0
    }

    package func makeDirectory(_ name: FilePath.Component, mode: UInt32 = 0o755) throws(FilesystemError) {
        guard unsafe name.withPlatformString({ unsafe mkdirat(rawValue, $0, mode) }) == 0 else {
            throw FilesystemError("create directory", path.appending(name), .last)
        }
    }

    package func makeSymbolicLink(_ name: FilePath.Component, to target: String) throws(FilesystemError) {
        guard unsafe name.withPlatformString({ unsafe symlinkat(target, rawValue, $0) }) == 0 else {
            throw FilesystemError("create symbolic link", path.appending(name), .last)
        }
    }

    /// The target of the symbolic link `name`; nil where it is none.
    package func symbolicLinkTarget(of name: FilePath.Component) throws(FilesystemError) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe name.withPlatformString { unsafe readlinkat(rawValue, $0, &buffer, Int(PATH_MAX)) }
        if count >= 0 { return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) }
        let error = Errno.last
        if error == .invalidArgument || error == .noSuchFileOrDirectory { return nil }
        throw FilesystemError("read symbolic link", path.appending(name), error)
    }

    /// Has ext4 place the trees of directories that are made in this one apart from each other (chattr(1), "T").
    ///
    /// For minutes ext4 does not use the inodes of deleted files again, and looks at every one of them each time that it
    /// needs a new one near by: a tree beside one that was just deleted takes several times as long
    /// (fs/ext4/ialloc.c, recently_deleted). Returns false, and changes nothing, where the file system has no such flag.
    @discardableResult
    package func spreadSubdirectories() -> Bool { mg_spread_subdirectories(rawValue) == 0 }

    package func unlink(_ name: FilePath.Component) throws(FilesystemError) {
        guard unsafe name.withPlatformString({ unsafe unlinkat(rawValue, $0, 0) }) == 0 else {
            throw FilesystemError("delete", path.appending(name), .last)
        }
    }

    package func removeDirectory(_ name: FilePath.Component) throws(FilesystemError) {
        guard unsafe name.withPlatformString({ unsafe unlinkat(rawValue, $0, AT_REMOVEDIR) }) == 0 else {
            throw FilesystemError("delete", path.appending(name), .last)
        }
    }

    /// rename(2) within this directory.
    package func rename(_ name: FilePath.Component, to other: FilePath.Component) throws(FilesystemError) {
        let result = unsafe name.withPlatformString { from in
            unsafe other.withPlatformString { to in unsafe renameat(rawValue, from, rawValue, to) }
        }
        guard result == 0 else {
            throw FilesystemError("rename \(path.appending(name)) to", path.appending(other), .last)
        }
    }

    /// renameat2(2) with `RENAME_EXCHANGE`: both names exist and change places in one step.
    package func exchange(_ name: FilePath.Component, with other: FilePath.Component) throws(FilesystemError) {
        let result = unsafe name.withPlatformString { from in
            unsafe other.withPlatformString { to in
                unsafe mg_renameat2(rawValue, from, rawValue, to, mg_rename_exchange)
            }
        }
        guard result == 0 else {
            throw FilesystemError("exchange \(path.appending(name)) with", path.appending(other), .last)
        }
    }

    /// The names in it, in the order of the file system, without "." and "..". Raw bytes: names need not be UTF-8.
    package func names() throws(FilesystemError) -> [FilePath.Component] {
        // A descriptor of its own: closedir() closes it, and reading moves its offset.
        let opened = retrying { unsafe openat(rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        if let error = opened.error { throw FilesystemError("list", path, error) }
        guard let stream = unsafe fdopendir(opened.value) else {
            let error = Errno.last
            _ = close(opened.value)
            throw FilesystemError("list", path, error)
        }
        defer { unsafe closedir(stream) }
        var names: [FilePath.Component] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe FilePath(platformString: $0) }
            }
            if let component = name.lastComponent, component.kind == .regular { names.append(component) }
        }
        return names
    }

    /// Names added to or taken from this directory so far are on the disk after this (fsync(2)).
    package func synchronize() throws(FilesystemError) {
        try descriptor.synchronize(path)
    }

    /// The whole file system this directory is on is on the disk after this (syncfs(2)).
    package func synchronizeFileSystem() throws(FilesystemError) {
        guard mg_syncfs(rawValue) == 0 else { throw FilesystemError("write to disk", path, .last) }
    }
}
