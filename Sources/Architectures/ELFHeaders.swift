// SPDX-License-Identifier: Apache-2.0

/// The header and the program headers of an ELF program or shared library (elf(5)), of either class and byte order.
///
/// Whatever the bytes are, reading them does not trap; and sums of what it holds (an offset and a size, an address and
/// a size) cannot overflow.
package struct ELFHeaders: Hashable, Sendable {
    /// An entry of the table of program headers. It need not lie in the file.
    package struct Segment: Hashable, Sendable {
        /// A `PT_` constant.
        package let kind: UInt32
        package let isExecutable: Bool
        package let isWritable: Bool
        package let offset: Int
        package let address: UInt64
        /// In the file.
        package let size: Int
        package let sizeInMemory: UInt64
        package let alignment: UInt64

        /// `PT_LOAD`.
        package static let loadable: UInt32 = 1
        /// `PT_DYNAMIC`.
        package static let dynamic: UInt32 = 2
        /// `PT_INTERP`.
        package static let interpreter: UInt32 = 3
        /// `PT_PHDR`.
        package static let table: UInt32 = 6

        /// In the file.
        package var range: Range<Int> { offset..<offset + size }
    }

    package let identity: ELFIdentity
    /// It is loaded at the addresses that it names (ET_EXEC); else anywhere (ET_DYN).
    package let isFixed: Bool
    /// The address where execution begins.
    package let entry: UInt64
    /// Where in the file the table is, and how long each of its entries.
    package let tableOffset: Int
    package let entrySize: Int
    package let segments: [Segment]
    /// Where in the file the path of its dynamic loader is, with the zero byte at its end; nil where it has none.
    package let loaderRange: Range<Int>?
    /// The path of its dynamic loader; nil where it has none.
    package let loader: String?

    /// `bytes` are the file's first. nil where they are neither, or damaged, or where the table or the loader's path is
    /// not among them.
    package init?(parsing bytes: [UInt8]) {
        guard let identity = ELFIdentity(parsing: bytes) else { return nil }
        let wide = identity.fileClass == .bits64
        let word = wide ? 8 : 4
        func integer(_ offset: Int, _ size: Int) -> UInt64? { identity.byteOrder.integer(bytes, offset, size) }
        // ET_EXEC or ET_DYN.
        guard let type = integer(16, 2), type == 2 || type == 3, let entry = integer(24, word),
            let table = integer(wide ? 32 : 28, word).flatMap({ Int(exactly: $0) }), table < bytes.count,
            let entrySize = integer(wide ? 54 : 42, 2).map({ Int($0) }), entrySize >= (wide ? 56 : 32),
            let count = integer(wide ? 56 : 44, 2).map({ Int($0) }), count > 0,
            count * entrySize <= bytes.count - table
        else { return nil }
        var segments: [Segment] = []
        for index in 0..<count {
            let place = table + index * entrySize
            guard let kind = integer(place, 4), let flags = integer(place + (wide ? 4 : 24), 4),
                let offset = integer(place + word, word).flatMap({ Int(exactly: $0) }),
                let address = integer(place + 2 * word, word),
                let size = integer(place + 4 * word, word).flatMap({ Int(exactly: $0) }),
                let sizeInMemory = integer(place + 5 * word, word),
                let alignment = integer(place + (wide ? 48 : 28), word),
                !offset.addingReportingOverflow(size).overflow,
                address <= Self.limit, sizeInMemory <= Self.limit, UInt64(size) <= Self.limit
            else { return nil }
            segments.append(
                Segment(
                    kind: UInt32(kind), isExecutable: flags & 1 != 0, isWritable: flags & 2 != 0, offset: offset,
                    address: address, size: size, sizeInMemory: sizeInMemory, alignment: alignment))
        }
        let loader = segments.first { $0.kind == Segment.interpreter }?.range
        if let loader {
            guard !loader.isEmpty, loader.upperBound <= bytes.count else { return nil }
            self.loader = String(decoding: bytes[loader].prefix { $0 != 0 }, as: UTF8.self)
        } else {
            self.loader = nil
        }
        (self.identity, self.entry, isFixed) = (identity, entry, type == 2)
        (tableOffset, self.entrySize, self.segments, loaderRange) = (table, entrySize, segments, loader)
    }

    /// No machine has addresses as high.
    private static let limit: UInt64 = 1 << 60
}

extension ELFIdentity.ByteOrder {
    /// The integer of `size` bytes, eight at most, at `offset`; nil where it is not all in `bytes`.
    package func integer(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64? {
        guard offset >= 0, size >= 0, size <= bytes.count, offset <= bytes.count - size else { return nil }
        let part = bytes[offset..<offset + size]
        return self == .big
            ? part.reduce(0) { $0 << 8 | UInt64($1) } : part.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
