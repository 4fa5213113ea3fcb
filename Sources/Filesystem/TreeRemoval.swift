// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
package import SystemPackage

extension Directory {
    /// Deletes `name` and everything below it.
    ///
    /// Follows no symbolic link and enters no other file system: a directory on another device, which is
    /// somebody's mount, ends it with `EXDEV` before anything in that directory is touched. A name that is
    /// not there is no error. Directories without permission bits are opened up first.
    package func removeTree(_ name: FilePath.Component) throws(FilesystemError) {
        guard let found = try status(of: name) else { return }
        guard found.kind == .directory else { return try unlink(name) }
        let device = try status().device
        guard found.device == device else {
            throw FilesystemError("delete across a mount at", path.appending(name), .improperLink)
        }
        try removeContents(of: name, device: device)
        try removeDirectory(name)
    }

    private func removeContents(of name: FilePath.Component, device: dev_t) throws(FilesystemError) {
        let directory = try openRemovable(name)
        // Between status() and open another directory may have been put there, or mounted over it.
        guard try directory.status().device == device else {
            throw FilesystemError("delete across a mount at", directory.path, .improperLink)
        }
        for child in try directory.names() {
            let raw = directory.rawValue
            guard unsafe child.withPlatformString({ unsafe unlinkat(raw, $0, 0) }) != 0 else { continue }
            let error = Errno.last
            // unlink(2) of a directory: EISDIR on Linux.
            guard error == .isDirectory else {
                if error == .noSuchFileOrDirectory { continue }
                throw FilesystemError("delete", directory.path.appending(child), error)
            }
            guard try directory.status(of: child)?.device == device else {
                throw FilesystemError("delete across a mount at", directory.path.appending(child), .improperLink)
            }
            try directory.removeContents(of: child, device: device)
            try directory.removeDirectory(child)
        }
    }

    private func openRemovable(_ name: FilePath.Component) throws(FilesystemError) -> Directory {
        do throws(FilesystemError) {
            let directory = try openWithinMount(name)
            // Deleting names needs write permission on the directory; root has it anyway.
            if try directory.status().permissions & 0o700 != 0o700 { _ = fchmod(directory.rawValue, 0o700) }
            return directory
        } catch let error where error.errno == .permissionDenied {
            _ = unsafe name.withPlatformString { unsafe fchmodat(rawValue, $0, 0o700, 0) }
            return try openWithinMount(name)
        }
    }

    /// A bind mount may be of the same file system: it has the same device, and only the kernel can tell.
    private func openWithinMount(_ name: FilePath.Component) throws(FilesystemError) -> Directory {
        let raw = rawValue
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let opened = retrying {
            unsafe name.withPlatformString { unsafe mg_openat2(raw, $0, flags, mg_resolve_no_xdev) }
        }
        switch opened.error {
        case nil:
            return Directory(
                adopting: OwnedDescriptor(adopting: FileDescriptor(rawValue: opened.value)), path: path.appending(name))
        case .improperLink: throw FilesystemError("delete across a mount at", path.appending(name), .improperLink)
        // Linux before 5.6, and sandboxes that have not heard of it.
        case .noFunction, .notPermitted: return try openDirectory(name)
        case let error?: throw FilesystemError("open", path.appending(name), error)
        }
    }
}
