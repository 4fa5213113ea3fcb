// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
package import SystemPackage

/// A directory as the root of a file system: paths of several components, for trees that are being made.
extension Directory {
    /// Opens the file or directory `path` as a process chrooted here would: symbolic links are followed, and none leads
    /// outside (openat2(2), `RESOLVE_IN_ROOT`). Anything else there is an error, and nothing waits for it.
    package func openInRoot(
        _ path: String, _ access: FileDescriptor.AccessMode = .readOnly, onlyDirectory: Bool = false
    ) throws(FilesystemError) -> OwnedDescriptor {
        let directory = rawValue
        let whole = self.path.pushing(FilePath(path))
        let flags = access.rawValue | OwnedDescriptor.neverWaiting | (onlyDirectory ? O_DIRECTORY : 0)
        let opened = retrying { unsafe mg_openat2(directory, path, flags, mg_resolve_in_root) }
        if let error = opened.error {
            // A pipe without a reader, a socket.
            throw FilesystemError("open", whole, error, found: error == .noSuchAddressOrDevice ? .fifo : nil)
        }
        let file = OwnedDescriptor(adopting: FileDescriptor(rawValue: opened.value))
        try file.requireFile(whole, orDirectory: true)
        return file
    }

    /// Writes `bytes` over the beginning of the file `path`, which is found as by `openInRoot`.
    package func overwrite(_ path: String, with bytes: [UInt8]) throws(FilesystemError) {
        try openInRoot(path, .writeOnly).write(bytes, to: self.path.pushing(FilePath(path)))
    }

    /// Where on this host the file or directory `path` of this tree really is, without a link on the way.
    package func realPath(of path: String) throws(FilesystemError) -> FilePath {
        let opened = try openInRoot(path)
        return try FilePath("/proc/self/fd/\(opened.rawValue)").symbolicLinkTarget()
    }

    /// The same from here, beginning with "/": "/usr/bin" of "/bin", where that is a link to it.
    package func realPathInRoot(of path: String) throws(FilesystemError) -> FilePath {
        let whole = try FilePath("/proc/self/fd/\(rawValue)").symbolicLinkTarget()
        let real = try realPath(of: path)
        return FilePath("/").appending(real.components.dropFirst(whole.components.count))
    }

    /// Whether there is a file at `path` that is not empty, or a directory that has something in it.
    package func holdsSomething(at path: String) throws(FilesystemError) -> Bool {
        if let directory = try? openInRoot(path, onlyDirectory: true) {
            return try !Directory(adopting: directory, path: self.path.appending(path)).names().isEmpty
        }
        guard let file = try? openInRoot(path) else { return false }
        return try file.size(of: self.path.appending(path)) > 0
    }

    /// Opens the directory that `names` lead to, this one for none, and makes those that are not there.
    package func makeDirectories(_ names: [FilePath.Component]) throws(FilesystemError) -> Directory {
        let joined = names.map(\.string).joined(separator: "/")
        let whole = path.appending(joined)
        if let found = try? openInRoot(joined, onlyDirectory: true) { return Directory(adopting: found, path: whole) }
        guard let last = names.last else {
            return Directory(adopting: try openInRoot(".", onlyDirectory: true), path: path)
        }
        let parent = try makeDirectories(names.dropLast())
        if try parent.status(of: last) == nil {
            try parent.makeDirectory(last)
            try parent.setPermissions(of: last, 0o755)
        }
        return try parent.openDirectory(last)
    }

    /// Makes the file `name`, or replaces one that is there. Nothing is written to the disk yet: for trees that are
    /// synchronized as a whole.
    package func createFile(
        _ name: FilePath.Component, holding bytes: [UInt8],
        permissions: FilePermissions = FilePermissions(rawValue: 0o644)
    ) throws(FilesystemError) {
        if try status(of: name) != nil { try unlink(name) }
        let file = try openFile(name, flags: O_WRONLY | O_CREAT | O_EXCL, mode: mode_t(permissions.rawValue))
        guard fchmod(file.rawValue, mode_t(permissions.rawValue)) == 0 else {
            throw FilesystemError("set permissions of", path.appending(name), .last)
        }
        try file.write(bytes, to: path.appending(name))
    }

    private func setPermissions(of name: FilePath.Component, _ mode: mode_t) throws(FilesystemError) {
        guard unsafe fchmodat(rawValue, name.string, mode, 0) == 0 else {
            throw FilesystemError("set permissions of", path.appending(name), .last)
        }
    }
}

extension FilePath {
    /// What the symbolic link at this path says (readlink(2)).
    fileprivate func symbolicLinkTarget() throws(FilesystemError) -> FilePath {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = unsafe withPlatformString { unsafe readlink($0, &buffer, Int(PATH_MAX)) }
        guard count >= 0 else { throw FilesystemError("read symbolic link", self, .last) }
        return FilePath(platformString: buffer)
    }
}
