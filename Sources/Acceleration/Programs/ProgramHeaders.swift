// SPDX-License-Identifier: Apache-2.0

/// The program headers of a 64-bit ELF program of this host, as one segment more is to be added to them (elf(5)).
struct ProgramHeaders {
    private static let headerSize = 64
    private static let entrySize = 56
    private static let loadable: UInt64 = 1
    private static let table: UInt64 = 6

    /// The ELF header, then the table of program headers.
    private let header: [UInt8]
    private let entries: [[UInt8]]
    /// Where execution begins.
    let entry: UInt64
    /// The first address that no segment uses.
    let end: UInt64
    /// What all segments' addresses are aligned to.
    let alignment: UInt64

    /// `bytes` are the file's first; nil where it is no such program or they do not hold all of the table.
    init?(parsing bytes: [UInt8]) {
        guard bytes.count >= Self.headerSize, bytes[4] == 2, bytes[5] == 1 else { return nil }
        header = Array(bytes.prefix(Self.headerSize))
        entry = Self.integer(header, 24, 8)
        let offset = Self.integer(header, 32, 8)
        let count = Int(Self.integer(header, 56, 2))
        guard Self.integer(header, 54, 2) == UInt64(Self.entrySize), count > 0,
            offset <= UInt64(bytes.count), Int(offset) + count * Self.entrySize <= bytes.count
        else { return nil }
        entries = (0..<count).map { index in
            Array(bytes[(Int(offset) + index * Self.entrySize)...].prefix(Self.entrySize))
        }
        let segments = entries.filter { Self.integer($0, 0, 4) == Self.loadable }
        let ends = segments.map { Self.integer($0, 16, 8).addingReportingOverflow(Self.integer($0, 40, 8)) }
        guard let end = ends.map(\.partialValue).max(), !ends.contains(where: \.overflow), end < 1 << 47 else {
            return nil
        }
        self.end = end
        let alignment = segments.map { Self.integer($0, 48, 8) }.max() ?? 0
        guard alignment <= 1 << 21, alignment & (alignment &- 1) == 0 else { return nil }
        self.alignment = max(alignment, 0x1000)
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
        Self.set(&added, 0, Self.loadable, 4)
        Self.set(&added, 4, 5, 4)
        for (field, value) in [(8, offset), (16, address), (24, address), (32, length), (40, length), (48, alignment)] {
            Self.set(&added, field, value, 8)
        }
        return entries.flatMap { entry in
            guard Self.integer(entry, 0, 4) == Self.table else { return entry }
            var moved = entry
            let size = UInt64(extendedSize)
            for (field, value) in [(8, offset), (16, address), (24, address), (32, size), (40, size)] {
                Self.set(&moved, field, value, 8)
            }
            return moved
        } + added
    }

    private static func integer(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
        bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func set(_ bytes: inout [UInt8], _ offset: Int, _ value: UInt64, _ size: Int) {
        for index in 0..<size { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    }
}
