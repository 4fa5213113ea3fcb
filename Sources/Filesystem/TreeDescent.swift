// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// The position of a walk through a tree of any depth.
///
/// Only the last few directories are open. The walk returns to higher ones through "..", and checks that each is still
/// the same directory: neither the stack nor the number of descriptors grows with depth.
package struct TreeDescent: ~Copyable {
    private static let window = 64

    private struct Level {
        let device: dev_t
        let inode: ino_t
        /// -1: closed again.
        var descriptor: CInt
    }

    private var levels: [Level] = []
    /// Of the first level, for messages.
    private let path: FilePath

    /// Begins in `directory`.
    package init(_ directory: consuming OwnedDescriptor, path: FilePath) throws(FilesystemError) {
        self.path = path
        try enter(directory)
    }

    deinit {
        for level in levels where level.descriptor >= 0 { _ = close(level.descriptor) }
    }

    /// The number of directories above this one that have been entered.
    package var depth: Int { levels.count - 1 }

    /// The directory it is in; valid until it is left or another is entered.
    package var current: CInt { levels[levels.count - 1].descriptor }

    /// The same, with a descriptor of its own.
    package func directory() throws(FilesystemError) -> Directory {
        Directory(adopting: try .duplicating(current, of: path), path: path)
    }

    /// Goes on to `directory`, which lies in the one it is in.
    package mutating func enter(_ directory: consuming OwnedDescriptor) throws(FilesystemError) {
        let status = try directory.status(of: path)
        if levels.count >= Self.window {
            let old = levels.count - Self.window
            if levels[old].descriptor >= 0 { _ = close(levels[old].descriptor) }
            levels[old].descriptor = -1
        }
        levels.append(
            Level(device: status.device, inode: status.inode, descriptor: directory.release().rawValue))
    }

    /// Goes back to the directory that this one was entered from.
    package mutating func leave() throws(FilesystemError) {
        guard levels.count > 1, let left = levels.popLast() else { return }
        defer { _ = close(left.descriptor) }
        guard levels[levels.count - 1].descriptor < 0 else { return }
        let opened = retrying {
            unsafe openat(left.descriptor, "..", O_RDONLY | O_DIRECTORY | OwnedDescriptor.neverWaiting)
        }
        if let error = opened.error { throw FilesystemError("go back up in", path, error) }
        let above = OwnedDescriptor(adopting: FileDescriptor(rawValue: opened.value))
        let status = try above.status(of: path)
        let expected = levels[levels.count - 1]
        guard status.device == expected.device, status.inode == expected.inode else {
            throw FilesystemError("go back up in", path, .staleNFSFileHandle)
        }
        levels[levels.count - 1].descriptor = above.release().rawValue
    }
}
