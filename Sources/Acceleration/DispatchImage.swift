// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import CDispatcher
internal import CLinux
package import Emulation
package import Filesystem
internal import Glibc
package import SystemPackage

/// An interpreter with the dispatcher and its table in front: registered with binfmt_misc instead of the interpreter.
///
/// It is the interpreter's own file with one more segment, which contains the entry point; for emulated programs the
/// same process continues at the interpreter's entry. So a run needs nothing else in its root, and a program that
/// changed its root is still emulated.
package struct DispatchImage: Sendable {
    private let interpreter: FilePath
    private let header: [UInt8]
    /// Where the added segment begins in the file.
    private let offset: Int
    private let segment: [UInt8]

    /// Throws if no segment can be added to `interpreter`, or if it cannot be started this way.
    package init(_ interpreter: Interpreter, _ table: DispatchTable) throws(AccelerationError) {
        let path = interpreter.path
        guard mg_dispatch_size() > 0 else {
            throw AccelerationError(
                "acceleration is not supported on this machine", cause: "the dispatcher supports amd64 and arm64 hosts")
        }
        guard interpreter.version.readsPreservedArgument0 else {
            throw AccelerationError(
                "\(path) cannot be accelerated", cause: "it is qemu \(interpreter.version)",
                remedy: "install qemu 6.0 or newer")
        }
        let size: Int
        let bytes: [UInt8]
        do throws(FilesystemError) {
            let file = try OwnedDescriptor.open(path, .readOnly)
            size = Int(try file.size(of: path))
            bytes = try file.read(upTo: 64 << 10, of: path)
        } catch {
            throw AccelerationError(error)
        }
        guard let headers = ProgramHeaders(parsing: bytes), headers.identity == Architecture.host.elf,
            !headers.hasLoader
        else {
            throw AccelerationError(
                "\(path) cannot be accelerated", cause: "expected a static 64-bit program for the host's architecture")
        }
        let alignment = Int(headers.alignment)
        offset = Self.round(size, up: alignment)
        let address = Self.round(Int(headers.end), up: alignment)
        let code = Self.code
        let codeOffset = Self.round(headers.extendedSize + MemoryLayout<mg_image>.size, up: mg_dispatch_alignment)
        let imageOffset = codeOffset - MemoryLayout<mg_image>.size
        let tableOffset = Self.round(codeOffset + code.count, up: 64)
        let length = tableOffset + table.bytes.count
        let header = mg_image(
            entry: Int64(headers.entry) - Int64(address + imageOffset), table: Int64(tableOffset - imageOffset),
            size: UInt64(table.bytes.count))
        var segment = [UInt8](repeating: 0, count: length)
        func place(_ bytes: some Collection<UInt8>, at offset: Int) {
            segment.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        place(headers.extended(offset: UInt64(offset), address: UInt64(address), length: UInt64(length)), at: 0)
        place(unsafe withUnsafeBytes(of: header) { unsafe Array($0) }, at: imageOffset)
        place(code, at: codeOffset)
        place(table.bytes, at: tableOffset)
        self.interpreter = path
        self.segment = segment
        self.header = headers.extendedHeader(
            tableAt: UInt64(offset), entry: UInt64(address + codeOffset + mg_dispatch_entry()))
    }

    /// The rule that registers the image, at `path`, for programs of the interpreter's architecture, and under the
    /// interpreter's name.
    package static func rule(
        for interpreter: Interpreter, at path: FilePath, credentials: Bool = false
    ) -> BinfmtRule {
        var flags: BinfmtRule.Flags = [.fixBinary, .openBinary, .preserveArgument0]
        if credentials { flags.insert(.credentials) }
        return BinfmtRule(
            for: interpreter.architecture, interpreter: path, listed: interpreter.path, flags: flags)
    }

    /// The image as a sealed memory file. To be registered through /proc/self/fd/NUMBER while this value exists.
    package func memoryFile() throws(AccelerationError) -> OwnedDescriptor {
        let name = interpreter.lastComponent?.string ?? "interpreter"
        let descriptor = unsafe mg_executable_memory_file(name)
        guard descriptor >= 0 else {
            throw AccelerationError(FilesystemError("create a file in memory like", interpreter, .last))
        }
        let file = OwnedDescriptor(adopting: FileDescriptor(rawValue: descriptor))
        try write(to: file, named: interpreter)
        guard mg_seal(descriptor) == 0 else { throw AccelerationError(FilesystemError("seal", interpreter, .last)) }
        return file
    }

    /// Makes the image the file `path`, whole or not at all. It can be executed.
    package func replace(_ path: FilePath) throws(AccelerationError) {
        guard let name = path.lastComponent, let temporary = FilePath.Component(".\(name.string).\(getpid()).new")
        else {
            throw AccelerationError(FilesystemError("write", path, .isDirectory))
        }
        let directory = try AccelerationError.wrapping { () throws(FilesystemError) in
            try Directory.open(path.removingLastComponent())
        }
        do throws(AccelerationError) {
            try write(to: temporary, in: directory, named: path)
            try AccelerationError.wrapping { () throws(FilesystemError) in try directory.rename(temporary, to: name) }
        } catch {
            try? directory.unlink(temporary)
            throw error
        }
    }

    /// It is closed again before it gets its name: what is open for writing cannot be executed (ETXTBSY).
    private func write(
        to name: FilePath.Component, in directory: borrowing Directory, named path: FilePath
    ) throws(AccelerationError) {
        let file = try AccelerationError.wrapping { () throws(FilesystemError) in
            try directory.openFile(name, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o755)
        }
        try write(to: file, named: path)
    }

    /// Writes the image to `file`, which is empty; `path` is for messages.
    package func write(to file: borrowing OwnedDescriptor, named path: FilePath) throws(AccelerationError) {
        do throws(FilesystemError) {
            let source = try OwnedDescriptor.open(interpreter, .readOnly)
            try file.write(header, to: path)
            _ = try source.read(upTo: header.count, of: interpreter)
            var position = header.count
            while position < offset {
                let chunk = try source.read(upTo: min(1 << 20, offset - position), of: interpreter)
                // The padding before the segment is not part of the interpreter.
                let padded = chunk.isEmpty ? [UInt8](repeating: 0, count: offset - position) : chunk
                try file.write(padded, to: path)
                position += padded.count
            }
            try file.write(segment, to: path)
        } catch {
            throw AccelerationError(error)
        }
    }

    static var code: [UInt8] {
        unsafe Array(UnsafeRawBufferPointer(start: mg_dispatch_code(), count: mg_dispatch_size()))
    }

    private static func round(_ value: Int, up unit: Int) -> Int {
        (value + unit - 1) / unit * unit
    }
}
