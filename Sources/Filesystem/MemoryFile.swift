// SPDX-License-Identifier: Apache-2.0

internal import CLinux
package import SystemPackage

extension OwnedDescriptor {
    /// A file that has no name and is gone with its descriptor (memfd_create(2)), its offset at the start.
    ///
    /// Another program reads it as `/proc/self/fd/N`, where that descriptor was kept open for it.
    package static func inMemory(
        _ name: String, holding bytes: [UInt8] = []
    ) throws(FilesystemError) -> OwnedDescriptor {
        let path = FilePath("memory file \(name)")
        let raw = unsafe mg_memory_file(name)
        guard raw >= 0 else { throw FilesystemError("create", path, .last) }
        let file = OwnedDescriptor(adopting: FileDescriptor(rawValue: raw))
        try file.write(bytes, to: path)
        try file.rewind(path)
        return file
    }

    /// Sets the offset to the start.
    package func rewind(_ path: FilePath) throws(FilesystemError) {
        do {
            try borrowed.seek(offset: 0, from: .start)
        } catch {
            throw FilesystemError("read", path, error as? Errno ?? .ioError)
        }
    }
}
