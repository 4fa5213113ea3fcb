// SPDX-License-Identifier: Apache-2.0

internal import Architectures

/// What the dynamic loader reads of a 64-bit program (elf(5), ld.so(8)).
extension ELFProgram {
    /// Of the dynamic section.
    struct DynamicEntry {
        /// A `DT_` constant.
        let tag: UInt64
        let value: UInt64
        /// Where in the file it is.
        let offset: Int
    }

    private enum Tag {
        static let needed: UInt64 = 1
        static let hash: UInt64 = 4
        static let strings: UInt64 = 5
        static let symbols: UInt64 = 6
        static let relocations: UInt64 = 7
        static let relocationsSize: UInt64 = 8
        static let searchPath: UInt64 = 15
        static let runPath: UInt64 = 29
        /// In the range of the operating system's, and of no meaning to any loader.
        static let ignored: UInt64 = 0x6000_0F0D
    }

    private static let symbolSize = 24

    var dynamicEntries: [DynamicEntry] {
        guard wordSize == 8, let segment = segments.first(where: { $0.kind == ELFHeaders.Segment.dynamic }) else {
            return []
        }
        var entries: [DynamicEntry] = []
        for offset in stride(from: segment.offset, to: segment.offset + segment.size - 15, by: 16) {
            guard let tag = word(at: offset), tag != 0, let value = word(at: offset + 8) else { break }
            entries.append(DynamicEntry(tag: tag, value: value, offset: offset))
        }
        return entries
    }

    private func values(_ tag: UInt64) -> [UInt64] { dynamicEntries.filter { $0.tag == tag }.map(\.value) }

    private func dynamicString(_ index: UInt64) -> String? {
        values(Tag.strings).first.flatMap { string(at: $0 &+ index) }
    }

    /// The names of the libraries that it needs.
    var neededLibraries: [String] { values(Tag.needed).compactMap(dynamicString) }

    /// The directories that it has its libraries looked for in before all others.
    var searchPath: [String] {
        (values(Tag.searchPath) + values(Tag.runPath)).compactMap(dynamicString)
            .flatMap { $0.split(separator: ":").map(String.init) }
    }

    /// Makes the loader look for libraries where it looks for everybody's.
    mutating func dropSearchPath() {
        for entry in dynamicEntries where entry.tag == Tag.searchPath || entry.tag == Tag.runPath {
            set(Tag.ignored, at: entry.offset)
        }
    }

    /// The functions and variables that it has from libraries; nil where that cannot be read.
    var importedSymbols: Set<String>? {
        guard let table = values(Tag.symbols).first, let strings = values(Tag.strings).first,
            let start = offset(ofAddress: table)
        else { return dynamicEntries.isEmpty ? [] : nil }
        // The number of entries is in a hash table, or the strings follow.
        let count: Int
        if let hash = values(Tag.hash).first, let size = offset(ofAddress: hash).flatMap({ integer($0 + 4, 4) }) {
            count = Int(size)
        } else if strings > table, let length = Int(exactly: strings - table) {
            count = length / Self.symbolSize
        } else {
            return nil
        }
        guard count >= 0, count <= (bytes.count - start) / Self.symbolSize else { return nil }
        var names: Set<String> = []
        for index in 0..<count {
            let symbol = start + index * Self.symbolSize
            // st_shndx is SHN_UNDEF.
            guard integer(symbol + 6, 2) == 0, let name = integer(symbol, 4), name != 0,
                let text = string(at: strings &+ name)
            else { continue }
            names.insert(text)
        }
        return names
    }

    /// Where in the file relative relocations have the address `address` for their result.
    func relocations(to address: UInt64) -> [Int] {
        guard wordSize == 8, let table = values(Tag.relocations).first, let size = values(Tag.relocationsSize).first,
            let start = offset(ofAddress: table), size <= UInt64(bytes.count - start)
        else { return [] }
        // R_X86_64_RELATIVE; R_AARCH64_RELATIVE.
        return stride(from: start, to: start + Int(size) - 23, by: 24).compactMap { entry in
            guard let kind = integer(entry + 8, 4), kind == 8 || kind == 1027, word(at: entry + 16) == address else {
                return nil
            }
            return entry + 16
        }
    }

    /// Where in the file instructions of amd64 have the distance to `address` that load it (`lea`, relative to the next
    /// instruction).
    func loads(of address: UInt64) -> [Int] {
        var found: [Int] = []
        for segment in segments
        where segment.isExecutable && segment.kind == ELFHeaders.Segment.loadable && segment.size > 8 {
            let (start, end) = (segment.offset, segment.offset + segment.size)
            unsafe bytes.withUnsafeBufferPointer { bytes in
                for place in (start + 3)...(end - 4) {
                    // REX.W, with or without R; lea; a register from rip and 32 bits.
                    guard unsafe bytes[place - 2] == 0x8D, unsafe bytes[place - 1] & 0xC7 == 0x05,
                        unsafe bytes[place - 3] & 0xFB == 0x48
                    else { continue }
                    let distance = unsafe Int32(
                        bitPattern: UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8
                            | UInt32(bytes[place + 2]) << 16 | UInt32(bytes[place + 3]) << 24)
                    let next = segment.address + UInt64(place + 4 - start)
                    if next &+ UInt64(bitPattern: Int64(distance)) == address { found.append(place) }
                }
            }
        }
        return found
    }
}
