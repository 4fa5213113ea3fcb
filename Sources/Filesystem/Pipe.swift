// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import SystemPackage

/// Both ends of a pipe (pipe(7)), close-on-exec.
package struct Pipe: ~Copyable {
    package let reader: OwnedDescriptor
    private var writer: OwnedDescriptor?

    package init() throws(FilesystemError) {
        var ends: (CInt, CInt) = (-1, -1)
        let made = unsafe withUnsafeMutablePointer(to: &ends) { pair in
            unsafe pair.withMemoryRebound(to: CInt.self, capacity: 2) { unsafe mg_pipe($0) }
        }
        guard made == 0 else { throw FilesystemError("create", "a pipe", .last) }
        reader = OwnedDescriptor(adopting: FileDescriptor(rawValue: ends.0))
        writer = OwnedDescriptor(adopting: FileDescriptor(rawValue: ends.1))
        writerValue = ends.1
    }

    /// The end that is written to; -1 once it is closed.
    package private(set) var writerValue: CInt

    /// Gives the writing end away; nil where that has been done, or it is closed.
    package mutating func takeWriter() -> OwnedDescriptor? {
        writerValue = -1
        return writer.take()
    }

    /// The reader sees the end of the file when every copy of the writer is closed.
    package mutating func closeWriter() {
        writer = nil
        writerValue = -1
    }
}
