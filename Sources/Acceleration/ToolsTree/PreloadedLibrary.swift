// SPDX-License-Identifier: Apache-2.0

internal import Architectures

/// A shared library of a few functions that a loader loads before all others (elf(5), ld.so(8)).
///
/// Of other libraries it has what it names in `imports` only, and at most that is relocated, so it fits every version of
/// the GNU C library. Code and data lie behind each other in a segment that is only read; behind it is one that is
/// written to: pointers to the imports, and `space` bytes more.
struct PreloadedLibrary {
    /// How much apart the two segments are, at most: the largest page there is.
    private static let alignment: UInt64 = 0x10000
    private static let loadable: UInt32 = 1
    private static let dynamic: UInt32 = 2
    private static let stack: UInt32 = 0x6474_E551
    private static let (executable, writable, readable): (UInt32, UInt32, UInt32) = (1, 2, 4)
    private static let headerSize = 64
    private static let entrySize = 56
    private static let symbolSize = 24

    /// Offsets in the code.
    struct Functions {
        var exports: [(name: String, offset: Int)]
        /// Called when the library is loaded, as a program's main() is.
        var initializer: Int?
        var imports: [String] = []
        /// Bytes behind the pointers to the imports, zero at first.
        var space = 0
    }

    let bytes: [UInt8]

    /// `content` is given the distance from the beginning of its header to the pointers to the imports.
    init(
        _ functions: Functions, host: Architecture, alignedTo unit: Int, headerSize contentHeader: Int,
        content: (_ slots: Int64) -> (header: [UInt8], code: [UInt8])
    ) {
        // Where the code is does not depend on what is in it.
        var codeOffset = Self.headerSize + 5 * Self.entrySize + contentHeader
        codeOffset = (codeOffset + unit - 1) / unit * unit
        let codeSize = content(0).code.count
        var file = [UInt8](repeating: 0, count: codeOffset + codeSize)

        var names: [UInt8] = [0]
        var symbols = [UInt8](repeating: 0, count: Self.symbolSize)
        func name(_ text: String) -> UInt32 {
            defer { names += Array(text.utf8) + [0] }
            return UInt32(names.count)
        }
        for export in functions.exports {
            // A global function, in a section that has any number but that of none.
            symbols += Self.words32([name(export.name)]) + [0x12, 0, 1, 0]
            symbols += Self.words64([UInt64(codeOffset + export.offset), UInt64(codeSize - export.offset)])
        }
        for imported in functions.imports {
            symbols += Self.words32([name(imported)]) + [0x12, 0, 0, 0] + Self.words64([0, 0])
        }
        let strings = Self.append(names, to: &file)
        let symbolTable = Self.append(symbols, to: &file)
        let hashTable = Self.append(
            Self.words32(Self.hashTable([""] + functions.exports.map(\.name) + functions.imports)), to: &file)
        let relocations = UInt64((file.count + 15) / 16 * 16)
        let relocationsSize = UInt64(functions.imports.count * 24)
        // The second segment's addresses are those behind, moved to a page of its own.
        let table = (relocations + relocationsSize + 15) / 16 * 16
        var entries: [(UInt64, UInt64)] = [
            (4, hashTable), (5, strings), (6, symbolTable), (10, UInt64(names.count)), (11, UInt64(Self.symbolSize)),
        ]
        if let initializer = functions.initializer { entries.append((12, UInt64(codeOffset + initializer))) }
        if !functions.imports.isEmpty { entries += [(7, relocations), (8, relocationsSize), (9, 24)] }
        entries.append((0, 0))
        let size = UInt64(entries.count * 16)
        let slots = Self.alignment + table + size
        // R_X86_64_GLOB_DAT; R_AARCH64_GLOB_DAT.
        let kind: UInt64 = host == .arm64 ? 1025 : 6
        let relocated = functions.imports.indices.flatMap { index -> [UInt64] in
            [slots + UInt64(index * 8), UInt64(1 + functions.exports.count + index) << 32 | kind, 0]
        }
        _ = Self.append(Self.words64(relocated), to: &file)
        let textSize = UInt64(file.count)
        _ = Self.append(Self.words64(entries.flatMap { [$0.0, $0.1] }), to: &file)
        file += [UInt8](repeating: 0, count: functions.imports.count * 8)
        let written = size + UInt64(functions.imports.count * 8)

        let headers =
            Self.segment(Self.loadable, Self.readable | Self.executable, at: 0, address: 0, size: textSize)
            + Self.segment(
                Self.loadable, Self.readable | Self.writable, at: table, address: Self.alignment + table,
                size: written, memory: written + UInt64(functions.space))
            + Self.segment(
                Self.dynamic, Self.readable | Self.writable, at: table, address: Self.alignment + table, size: size,
                alignment: 8)
            + Self.segment(
                Self.stack, Self.readable | Self.writable, at: 0, address: 0, size: 0, alignment: 16)
        let header = Self.header(host.elf, segments: headers.count / Self.entrySize)
        file.replaceSubrange(0..<header.count + headers.count, with: header + headers)
        let start = codeOffset - contentHeader
        let made = content(Int64(slots) - Int64(start))
        file.replaceSubrange(start..<codeOffset + codeSize, with: made.header + made.code)
        bytes = file
    }

    /// The table of the symbols with these names, the first of which is none (System V ABI, "Hash Table"). Loaders ask
    /// for the symbols of all libraries in it.
    private static func hashTable(_ names: [String]) -> [UInt32] {
        var buckets = [UInt32](repeating: 0, count: names.count)
        var chains = buckets
        for (index, name) in names.enumerated().dropFirst() {
            var hash: UInt32 = 0
            for byte in name.utf8 {
                hash = hash << 4 &+ UInt32(byte)
                let high = hash & 0xF000_0000
                hash = (hash ^ high >> 24) & ~high
            }
            let bucket = Int(hash) % buckets.count
            chains[index] = buckets[bucket]
            buckets[bucket] = UInt32(index)
        }
        return [UInt32(buckets.count), UInt32(chains.count)] + buckets + chains
    }

    private static func header(_ identity: ELFIdentity, segments: Int) -> [UInt8] {
        // ET_DYN of version 1, whose program headers follow; no sections.
        [0x7F, 0x45, 0x4C, 0x46, identity.fileClass.rawValue, identity.byteOrder.rawValue, 1]
            + [UInt8](repeating: 0, count: 9) + words16([3, identity.machine]) + words32([1])
            + words64([0, UInt64(headerSize), 0]) + words32([0])
            + words16([UInt16(headerSize), UInt16(entrySize), UInt16(segments), 0, 0, 0])
    }

    private static func segment(
        _ kind: UInt32, _ flags: UInt32, at offset: UInt64, address: UInt64, size: UInt64,
        memory: UInt64? = nil, alignment: UInt64 = alignment
    ) -> [UInt8] {
        words32([kind, flags]) + words64([offset, address, address, size, memory ?? size, alignment])
    }

    /// Appends `part` where it is aligned; returns where that is.
    private static func append(_ part: [UInt8], to file: inout [UInt8]) -> UInt64 {
        while file.count % 16 != 0 { file.append(0) }
        defer { file += part }
        return UInt64(file.count)
    }

    private static func words16(_ values: [UInt16]) -> [UInt8] { bytes(values, 2) }
    private static func words32(_ values: [UInt32]) -> [UInt8] { bytes(values, 4) }
    private static func words64(_ values: [UInt64]) -> [UInt8] { bytes(values, 8) }

    /// Little-endian.
    private static func bytes<Word: FixedWidthInteger>(_ values: [Word], _ size: Int) -> [UInt8] {
        values.flatMap { value in (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }
}
