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

    /// A directory that is being emptied, and what is still in it.
    private struct Emptied {
        let name: FilePath.Component
        var rest: [FilePath.Component]
    }

    private func removeContents(of name: FilePath.Component, device: dev_t) throws(FilesystemError) {
        let top = try openRemovable(name, device)
        var stack = [Emptied(name: name, rest: try top.names())]
        var place = try TreeDescent(top.release(), path: path.appending(name))
        while let last = stack.last {
            guard let child = stack[stack.count - 1].rest.popLast() else {
                if stack.count == 1 { return }
                try place.leave()
                stack.removeLast()
                if let error = Self.delete(last.name, in: place.current, AT_REMOVEDIR) {
                    throw FilesystemError("delete", path(of: stack).appending(last.name), error)
                }
                continue
            }
            guard let error = Self.delete(child, in: place.current, 0) else { continue }
            // unlink(2) of a directory: EISDIR on Linux.
            guard error == .isDirectory else {
                throw FilesystemError("delete", path(of: stack).appending(child), error)
            }
            do throws(FilesystemError) {
                let directory = try place.directory().openRemovable(child, device)
                stack.append(Emptied(name: child, rest: try directory.names()))
                try place.enter(directory.release())
            } catch {
                throw FilesystemError(error.operation, path(of: stack).appending(child), error.errno)
            }
        }
    }

    /// nil where it is gone.
    private static func delete(_ name: FilePath.Component, in directory: CInt, _ flags: CInt) -> Errno? {
        guard unsafe name.withPlatformString({ unsafe unlinkat(directory, $0, flags) }) != 0 else { return nil }
        let error = Errno.last
        return error == .noSuchFileOrDirectory ? nil : error
    }

    private func path(of stack: [Emptied]) -> FilePath {
        // Messages need not be as long as the tree is deep.
        let names = stack.prefix(32).map(\.name) + (stack.count > 32 ? ["…"] : [])
        return path.appending(names)
    }

    private func openRemovable(_ name: FilePath.Component, _ device: dev_t) throws(FilesystemError) -> Directory {
        guard try status(of: name)?.device == device else {
            throw FilesystemError("delete across a mount at", path.appending(name), .improperLink)
        }
        let directory = try openRemovable(name)
        // Meanwhile another directory may have been put there, or mounted over it.
        guard try directory.status().device == device else {
            throw FilesystemError("delete across a mount at", directory.path, .improperLink)
        }
        return directory
    }

    private func openRemovable(_ name: FilePath.Component) throws(FilesystemError) -> Directory {
        do throws(FilesystemError) {
            let directory = try openWithinMount(name)
            // Deleting names needs write permission on the directory; root has it anyway.
            if try directory.status().permissions & 0o700 != 0o700 { _ = fchmod(directory.rawValue, 0o700) }
            return directory
        } catch let error where error.errno == .permissionDenied {
            // A link that has come to have the name meanwhile leads to what is not ours.
            _ = unsafe name.withPlatformString { unsafe fchmodat(rawValue, $0, 0o700, AT_SYMLINK_NOFOLLOW) }
            return try openWithinMount(name)
        }
    }

    /// A bind mount may be of the same file system: it has the same device, and only the kernel can tell.
    private func openWithinMount(_ name: FilePath.Component) throws(FilesystemError) -> Directory {
        let raw = rawValue
        let opened = retrying {
            unsafe name.withPlatformString { unsafe mg_open_within_mount(raw, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) }
        }
        switch opened.error {
        case nil:
            return Directory(
                adopting: OwnedDescriptor(adopting: FileDescriptor(rawValue: opened.value)), path: path.appending(name))
        case .improperLink: throw FilesystemError("delete across a mount at", path.appending(name), .improperLink)
        case let error?: throw FilesystemError("open", path.appending(name), error)
        }
    }
}
