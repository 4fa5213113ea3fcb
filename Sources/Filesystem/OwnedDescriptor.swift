// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// A file descriptor with one owner, closed when the owner is gone.
package struct OwnedDescriptor: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// Takes ownership of `descriptor`: nobody else may close it.
    package init(adopting descriptor: FileDescriptor) {
        self.descriptor = descriptor
    }

    deinit {
        _ = Glibc.close(descriptor.rawValue)
    }

    /// For calls that take a descriptor; valid no longer than this value.
    package var borrowed: FileDescriptor { descriptor }
    package var rawValue: CInt { descriptor.rawValue }

    /// Gives ownership up: the caller closes it.
    package consuming func release() -> FileDescriptor {
        let released = descriptor
        discard self
        return released
    }

    /// Opens `path`, always close-on-exec.
    package static func open(
        _ path: FilePath, _ mode: FileDescriptor.AccessMode, options: FileDescriptor.OpenOptions = [],
        permissions: FilePermissions = FilePermissions(rawValue: 0o644)
    ) throws(FilesystemError) -> OwnedDescriptor {
        do {
            return OwnedDescriptor(
                adopting: try FileDescriptor.open(
                    path, mode, options: options.union(.closeOnExec),
                    permissions: options.contains(.create) ? permissions : nil))
        } catch let error as Errno {
            throw FilesystemError(options.contains(.create) ? "create" : "open", path, error)
        } catch {
            throw FilesystemError("open", path, .ioError)
        }
    }

    /// Another descriptor of the same open file as `descriptor`, which stays the caller's. `path` serves messages.
    package static func duplicating(_ descriptor: CInt, of path: FilePath) throws(FilesystemError) -> OwnedDescriptor {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw FilesystemError("open", path, .last) }
        return OwnedDescriptor(adopting: FileDescriptor(rawValue: copy))
    }

    /// Flags of open(2) for what somebody else may have put there: a pipe or a terminal keeps nobody waiting.
    static let neverWaiting = O_NONBLOCK | O_NOCTTY | O_CLOEXEC

    /// That this is a regular file, or a directory where that will do. Of anything else nothing is read.
    func requireFile(_ path: FilePath, orDirectory: Bool = false) throws(FilesystemError) {
        let kind = try status(of: path).kind
        guard kind == .regular || (orDirectory && kind == .directory) else {
            throw FilesystemError("open", path, .invalidArgument, found: kind)
        }
    }

    /// What the file is.
    package func status(of path: FilePath) throws(FilesystemError) -> FileStatus {
        var status = stat()
        guard unsafe fstat(descriptor.rawValue, &status) == 0 else { throw FilesystemError("examine", path, .last) }
        return FileStatus(status)
    }

    /// The number of bytes in the file.
    package func size(of path: FilePath) throws(FilesystemError) -> Int64 {
        var status = stat()
        guard unsafe fstat(descriptor.rawValue, &status) == 0 else { throw FilesystemError("examine", path, .last) }
        return Int64(status.st_size)
    }

    /// Everything written so far is on the disk after this (fsync(2)).
    package func synchronize(_ path: FilePath) throws(FilesystemError) {
        let raw = descriptor.rawValue
        if let error = retrying({ fsync(raw) }).error { throw FilesystemError("write to disk", path, error) }
    }

    package func write(_ bytes: [UInt8], to path: FilePath) throws(FilesystemError) {
        do {
            _ = try unsafe bytes.withUnsafeBytes { try unsafe descriptor.writeAll($0) }
        } catch let error as Errno {
            throw FilesystemError("write", path, error)
        } catch {
            throw FilesystemError("write", path, .ioError)
        }
    }

    /// All bytes from the current position to the end; `limit` guards against a file that should be small.
    package func readToEnd(of path: FilePath, limit: Int = 1 << 30) throws(FilesystemError) -> [UInt8] {
        // One more than there are: the end is seen at once. Of a pipe, or a file in /proc, nobody knows.
        let known = Int(try size(of: path))
        var wanted = known > 0 ? min(known, limit) + 1 : Self.piece
        var bytes: [UInt8] = []
        while true {
            let piece = try read(upTo: wanted, of: path)
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
            guard bytes.count <= limit else { throw FilesystemError("read", path, .fileTooLarge) }
            if piece.count < wanted { return bytes }
            wanted = Self.piece
        }
    }

    private static let piece = 64 << 10

    /// The next `count` bytes, or fewer where the file ends before.
    package func read(upTo count: Int, of path: FilePath) throws(FilesystemError) -> [UInt8] {
        let raw = descriptor.rawValue
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = unsafe UnsafeMutableBufferPointer(rebasing: buffer[filled..<count])
                let got = unsafe Glibc.read(raw, rest.baseAddress, rest.count)
                if got == 0 { return }
                if got > 0 {
                    filled += got
                } else if Errno.last != .interrupted {
                    failure = .last
                    return
                }
            }
        }
        if let failure { throw FilesystemError("read", path, failure) }
        return bytes
    }
}
