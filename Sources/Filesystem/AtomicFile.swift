// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// Files that are replaced whole or not at all.
package enum AtomicFile {
    /// Writes `bytes` beside `path`, to the disk, and renames it into place, also to the disk.
    package static func write(
        _ bytes: [UInt8], to path: FilePath, permissions: FilePermissions = FilePermissions(rawValue: 0o644)
    ) throws(FilesystemError) {
        guard let name = path.lastComponent else { throw FilesystemError("write", path, .isDirectory) }
        let parent = path.removingLastComponent()
        let directory = try Directory.open(parent.isEmpty ? "." : parent)
        try directory.replaceFile(name, with: bytes, permissions: permissions)
    }
}

extension Directory {
    /// Replaces the file `name`, or the symbolic link of that name itself, by one that holds `bytes`.
    package func replaceFile(
        _ name: FilePath.Component, with bytes: [UInt8], permissions: FilePermissions = FilePermissions(rawValue: 0o644)
    ) throws(FilesystemError) {
        guard let temporary = FilePath.Component(".\(name.string).\(UInt32.random(in: .min ... .max)).new") else {
            throw FilesystemError("write", path.appending(name), .invalidArgument)
        }
        do throws(FilesystemError) {
            try write(bytes, to: temporary, permissions)
            try rename(temporary, to: name)
        } catch {
            _ = unsafe unlinkat(rawValue, temporary.string, 0)
            throw error
        }
        try synchronize()
    }

    /// It is closed before it gets its name, because a file that is open for writing cannot be executed (ETXTBSY).
    private func write(
        _ bytes: [UInt8], to name: FilePath.Component, _ permissions: FilePermissions
    ) throws(FilesystemError) {
        let file = try openFile(name, flags: O_WRONLY | O_CREAT | O_EXCL, mode: UInt32(permissions.rawValue))
        // The umask does not apply to what is not the user's own.
        guard fchmod(file.rawValue, mode_t(permissions.rawValue)) == 0 else {
            throw FilesystemError("set permissions of", path.appending(name), .last)
        }
        try file.write(bytes, to: path.appending(name))
        try file.synchronize(path.appending(name))
    }

    /// The bytes of the file `name`; nil where there is none.
    package func readFile(_ name: FilePath.Component, limit: Int = 64 << 20) throws(FilesystemError) -> [UInt8]? {
        do throws(FilesystemError) {
            return try openFile(name, flags: O_RDONLY).readToEnd(of: path.appending(name), limit: limit)
        } catch let error where error.errno == .noSuchFileOrDirectory {
            return nil
        }
    }
}

extension FilePath {
    /// The bytes of the regular file at this path; anything else is an error, and never blocks.
    package func readFile(limit: Int = 64 << 20) throws(FilesystemError) -> [UInt8] {
        let opened = retrying { unsafe withPlatformString { unsafe Glibc.open($0, OwnedDescriptor.neverWaiting) } }
        if let error = opened.error { throw FilesystemError("open", self, error) }
        let file = OwnedDescriptor(adopting: FileDescriptor(rawValue: opened.value))
        try file.requireFile(self)
        return try file.readToEnd(of: self, limit: limit)
    }

    /// The bytes of a file that the user named, which may be a pipe.
    package func readInput(limit: Int = 64 << 20) throws(FilesystemError) -> [UInt8] {
        try OwnedDescriptor.open(self, .readOnly).readToEnd(of: self, limit: limit)
    }
}
