// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import Glibc

/// The members of a `.deb`, an ar archive of `debian-binary`, `control.tar*` and `data.tar*` in this order (deb(5)).
final class DebianPackageReader {
    /// Of all control files together; those of a kernel package, the largest, have some 2 MiB.
    private static let controlLimit: Int64 = 64 << 20

    private let input: ArchiveInput
    private let name: String

    init(_ source: any ByteSource, name: String) throws(ExtractionError) {
        self.name = name
        let source = try PeekableSource(source)
        guard source.head.starts(with: "!<arch>\n".utf8) else {
            let found = source.head.isEmpty ? ForeignFile.emptyFile : ForeignFile(head: source.head)
            throw ExtractionError(name, .damaged("expected an ar archive, found \(found.description)"))
        }
        input = try unsafe ArchiveInput(name: name, next: { () throws(ExtractionError) in unsafe try source.read() }) {
            archive in
            unsafe archive_read_support_format_ar(archive)
        }
        try openMember("debian-binary")
        let version = try member(limit: 64)
        guard version.starts(with: "2.".utf8) else {
            throw ExtractionError(name, .damaged("expected format 2.x, found \(printable(version))"))
        }
    }

    /// The files of the control archive. To be called first, and once.
    func control() throws(ExtractionError) -> [DebianPackage.ControlMember] {
        let decoder = try decoder("control.tar")
        let name = name
        let block = Block()
        let reader = try unsafe ArchiveReader(name: name, byteLimit: Self.controlLimit) {
            () throws(ExtractionError) in
            let count = try unsafe decoder.decode(into: block.memory)
            return unsafe UnsafeRawBufferPointer(rebasing: block.memory[..<count])
        }
        var members: [DebianPackage.ControlMember] = []
        while let entry = try reader.nextEntry() {
            guard entry.kind == S_IFREG else { continue }
            guard let pointer = unsafe entry.name, let name = try? unsafe EntryName(pointer), name.starts.count == 1,
                unsafe entry.hardLinkTarget == nil
            else { throw ExtractionError(name, .hostile(entry: entry.displayName, "invalid name for a control file")) }
            var bytes: [UInt8] = []
            while let block = unsafe try reader.nextBlock() {
                guard unsafe block.offset == Int64(bytes.count) else {
                    throw ExtractionError(self.name, .hostile(entry: entry.displayName, "a control file with holes"))
                }
                unsafe bytes.append(contentsOf: block.bytes)
            }
            members.append(
                DebianPackage.ControlMember(
                    name: String(decoding: name.rooted.dropFirst(), as: UTF8.self),
                    permissions: UInt32(entry.permissions), bytes: bytes))
        }
        return members
    }

    /// The archive of the package's files. To be called after `control()`, and once.
    func data() throws(ExtractionError) -> any Decoder {
        try decoder("data.tar")
    }

    /// Sees to it that nothing of the package is missing.
    func finish() throws(ExtractionError) {
        while unsafe try input.nextHeader() != nil {}
    }

    private func decoder(_ prefix: String) throws(ExtractionError) -> any Decoder {
        try openMember(prefix)
        return try makeDecoder(for: MemberSource(input), name: name)
    }

    /// Goes to the next member, which must be `prefix` with or without an ending; `_…` are passed over.
    private func openMember(_ prefix: String) throws(ExtractionError) {
        while let header = unsafe try input.nextHeader() {
            let found = unsafe ArchiveEntry(header).displayName
            if found.hasPrefix("_") { continue }
            guard found == prefix || found.hasPrefix("\(prefix).") else {
                throw ExtractionError(name, .damaged("expected the member \(prefix), found \(found.description)"))
            }
            return
        }
        throw ExtractionError(name, .damaged("it ends too early, before the member \(prefix)"))
    }

    private func member(limit: Int) throws(ExtractionError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < limit, let block = unsafe try input.nextBlock() {
            unsafe bytes.append(contentsOf: block.bytes.prefix(limit - bytes.count))
        }
        return bytes
    }

    /// The bytes of the member at hand.
    private final class MemberSource: ByteSource {
        private let input: ArchiveInput

        init(_ input: ArchiveInput) {
            self.input = input
        }

        func read() throws(ExtractionError) -> UnsafeRawBufferPointer {
            while let block = unsafe try input.nextBlock() {
                if unsafe !block.bytes.isEmpty { return unsafe block.bytes }
            }
            return unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }

    @safe private final class Block {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)

        deinit {
            unsafe memory.deallocate()
        }
    }
}
