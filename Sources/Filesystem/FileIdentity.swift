// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
package import SystemPackage

/// Identifies a directory even if another one takes its name, also after a reboot.
package struct FileIdentity: Codable, Hashable, Sendable {
    package let inode: UInt64
    /// When it was made, in nanoseconds since the epoch; 0 where the file system does not say. Inode numbers are
    /// used again, often at once.
    package let born: Int64

    package init(inode: UInt64, born: Int64) {
        self.inode = inode
        self.born = born
    }
}

extension Directory {
    package func identity() throws(FilesystemError) -> FileIdentity {
        var seconds: CLongLong = 0
        var nanoseconds: CUnsignedInt = 0
        guard unsafe mg_birth_time(rawValue, &seconds, &nanoseconds) == 0 else {
            throw FilesystemError("examine", path, .last)
        }
        return FileIdentity(
            inode: UInt64(try status().inode), born: Int64(seconds) * 1_000_000_000 + Int64(nanoseconds))
    }
}

extension FilePath {
    /// The directory's identity; nil where there is none, or something else. A symbolic link is something else.
    package func directoryIdentity() throws(FilesystemError) -> FileIdentity? {
        guard let name = lastComponent else { return try Directory.open(self).identity() }
        do throws(FilesystemError) {
            let parent = removingLastComponent()
            return try Directory.open(parent.isEmpty ? "." : parent).openDirectory(name).identity()
        } catch let error
            where [.noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels].contains(error.errno)
        {
            return nil
        }
    }

    /// realpath(3): absolute, without symbolic links; it must exist.
    package func resolved() throws(FilesystemError) -> FilePath {
        guard let path = unsafe realpath(string, nil) else { throw FilesystemError("find", self, .last) }
        defer { unsafe free(path) }
        return unsafe FilePath(platformString: path)
    }

    /// Gives what is here these permission bits, whatever this process's umask is.
    package func setPermissions(_ mode: CInterop.Mode) throws(FilesystemError) {
        guard unsafe chmod(string, mode) == 0 else { throw FilesystemError("set permissions of", self, .last) }
    }

    /// Makes this directory and those above it that are missing.
    package func makeDirectories(mode: CInterop.Mode = 0o755) throws(FilesystemError) {
        if unsafe mkdir(string, mode) == 0 { return }
        let error = Errno.last
        switch error {
        case .fileExists: return
        case .noSuchFileOrDirectory where !removingLastComponent().isEmpty && removingLastComponent() != self:
            try removingLastComponent().makeDirectories(mode: mode)
            guard unsafe mkdir(string, mode) == 0 || Errno.last == .fileExists else {
                throw FilesystemError("create directory", self, .last)
            }
        default: throw FilesystemError("create directory", self, error)
        }
    }
}
