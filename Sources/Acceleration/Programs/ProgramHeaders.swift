// SPDX-License-Identifier: Apache-2.0

internal import Architectures

/// The program headers of a 64-bit ELF program for the host, to which a segment is added (elf(5)).
struct ProgramHeaders {
    private static let headerSize = 64
    private static let entrySize = 56

    /// What is to be written: the ELF header, then the table of program headers.
    private let header: [UInt8]
    private let entries: [[UInt8]]
    private let read: ELFHeaders
    /// The first address that no segment uses.
    let end: UInt64
    /// What all segments' addresses are aligned to.
    let alignment: UInt64

    var identity: ELFIdentity { read.identity }
    /// Where execution begins.
    var entry: UInt64 { read.entry }
    var hasLoader: Bool { read.loaderRange != nil }

    /// `bytes` are the file's first; nil where it is no such program or they do not hold all of the table.
    init?(parsing bytes: [UInt8]) {
        guard bytes.count >= Self.headerSize, let read = ELFHeaders(parsing: bytes),
            read.identity.fileClass == .bits64, read.identity.byteOrder == .little, read.entrySize == Self.entrySize
        else { return nil }
        header = Array(bytes.prefix(Self.headerSize))
        entries = read.segments.indices.map { index in
            Array(bytes[(read.tableOffset + index * Self.entrySize)...].prefix(Self.entrySize))
        }
        let segments = read.segments.filter { $0.kind == ELFHeaders.Segment.loadable }
        guard let end = segments.map({ $0.address + $0.sizeInMemory }).max(), end < 1 << 47 else { return nil }
        self.end = end
        let alignment = segments.map(\.alignment).max() ?? 0
        guard alignment <= 1 << 21, alignment & (alignment &- 1) == 0 else { return nil }
        self.alignment = max(alignment, 0x1000)
        self.read = read
    }

    /// How long the table is with one segment more.
    var extendedSize: Int { (entries.count + 1) * Self.entrySize }

    /// The ELF header that has the table at `offset` in the file, and `entry` for its entry.
    func extendedHeader(tableAt offset: UInt64, entry: UInt64) -> [UInt8] {
        var header = header
        Self.set(&header, 24, entry, 8)
        Self.set(&header, 32, offset, 8)
        Self.set(&header, 56, UInt64(entries.count + 1), 2)
        return header
    }

    /// The table with a segment, readable and executable, that has `length` bytes from `offset` of the file at
    /// `address`, and begins with this table.
    func extended(offset: UInt64, address: UInt64, length: UInt64) -> [UInt8] {
        var added = [UInt8](repeating: 0, count: Self.entrySize)
        Self.set(&added, 0, UInt64(ELFHeaders.Segment.loadable), 4)
        Self.set(&added, 4, 5, 4)
        for (field, value) in [(8, offset), (16, address), (24, address), (32, length), (40, length), (48, alignment)] {
            Self.set(&added, field, value, 8)
        }
        return zip(entries, read.segments).flatMap { entry, segment in
            guard segment.kind == ELFHeaders.Segment.table else { return entry }
            var moved = entry
            let size = UInt64(extendedSize)
            for (field, value) in [(8, offset), (16, address), (24, address), (32, size), (40, size)] {
                Self.set(&moved, field, value, 8)
            }
            return moved
        } + added
    }

    private static func set(_ bytes: inout [UInt8], _ offset: Int, _ value: UInt64, _ size: Int) {
        for index in 0..<size { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    }
}
