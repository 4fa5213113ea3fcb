// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// A lock on a file (flock(2)), held until the value is gone; the kernel drops it when the process dies.
///
/// It belongs to the open file, not to the process: two locks of one process exclude each other as well.
package struct FileLock: ~Copyable, Sendable {
    package enum Kind: Sendable {
        /// For use: any number at once.
        case shared
        /// For change: alone.
        case exclusive

        fileprivate var operation: CInt { self == .shared ? LOCK_SH : LOCK_EX }
    }

    private let descriptor: OwnedDescriptor
    package let path: FilePath

    /// Locks `path`, made if need be. With `wait` false a lock held elsewhere is `EAGAIN`.
    package static func acquire(
        _ path: FilePath, _ kind: Kind, wait: Bool
    ) throws(FilesystemError) -> FileLock {
        while true {
            let file = try open(path)
            let raw = file.rawValue
            let operation = kind.operation | (wait ? 0 : LOCK_NB)
            if let error = retrying({ flock(raw, operation) }).error { throw FilesystemError("lock", path, error) }
            // The previous holder may have deleted the file: then this lock protects nothing.
            let lock = FileLock(descriptor: file, path: path)
            if lock.isNamed { return lock }
        }
    }

    /// What is locked is a file that has this very name: one lock does not stand for another.
    private static func open(_ path: FilePath) throws(FilesystemError) -> OwnedDescriptor {
        let flags = O_RDONLY | O_CREAT | O_NOFOLLOW | OwnedDescriptor.neverWaiting
        let opened = retrying { unsafe path.withPlatformString { unsafe Glibc.open($0, flags, 0o644) } }
        if let error = opened.error { throw FilesystemError("lock", path, error) }
        let file = OwnedDescriptor(adopting: FileDescriptor(rawValue: opened.value))
        try file.requireFile(path)
        return file
    }

    /// Whether the file that is locked still has its name.
    package var isNamed: Bool {
        var held = stat()
        var named = stat()
        guard unsafe fstat(rawValue, &held) == 0, unsafe lstat(path.string, &named) == 0 else { return false }
        return (held.st_dev, held.st_ino) == (named.st_dev, named.st_ino)
    }

    /// Makes an exclusive lock a shared one. Not atomic (flock(2)).
    package func share() {
        flock(descriptor.rawValue, LOCK_SH)
    }

    private init(descriptor: consuming OwnedDescriptor, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Makes it exclusive where nobody else holds it. Not atomic: on false the lock is lost (flock(2)).
    package func upgrade() -> Bool {
        flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0
    }

    /// For a child process that keeps it: the lock exists as long as any copy of the descriptor.
    package var rawValue: CInt { descriptor.rawValue }
}
