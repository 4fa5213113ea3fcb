// SPDX-License-Identifier: Apache-2.0

/// The sections of an ELF file (elf(5)), by name.
package struct ELFSections: Sendable {
    /// Where in the file each is; of several that have one name, the last.
    package let ranges: [String: Range<Int>]

    /// nil where `bytes` are no whole ELF file, or have no table of sections. Whatever they are, reading does not trap.
    package init?(parsing bytes: [UInt8]) {
        guard let identity = ELFIdentity(parsing: bytes) else { return nil }
        let wide = identity.fileClass == .bits64
        let word = wide ? 8 : 4
        func integer(_ offset: Int, _ size: Int) -> Int? {
            identity.byteOrder.integer(bytes, offset, size).flatMap { Int(exactly: $0) }
        }
        guard let table = integer(wide ? 40 : 32, word), table > 0, table < bytes.count,
            let size = integer(wide ? 58 : 46, 2), size >= (wide ? 64 : 40),
            let count = integer(wide ? 60 : 48, 2), count > 0, count * size <= bytes.count - table,
            let names = integer(wide ? 62 : 50, 2), names < count
        else { return nil }
        func range(_ index: Int) -> Range<Int>? {
            let place = table + index * size
            // SHT_NOBITS takes nothing of the file.
            guard let kind = integer(place + 4, 4), let offset = integer(place + (wide ? 24 : 16), word),
                let length = integer(place + (wide ? 32 : 20), word), offset <= bytes.count
            else { return nil }
            let taken = kind == 8 ? 0 : length
            return taken <= bytes.count - offset ? offset..<offset + taken : nil
        }
        guard let text = range(names) else { return nil }
        var found: [String: Range<Int>] = [:]
        for index in 1..<max(count, 2) where index < count {
            guard let start = integer(table + index * size, 4), start < text.count, let range = range(index) else {
                return nil
            }
            let name = bytes[(text.lowerBound + start)..<text.upperBound].prefix { $0 != 0 }
            found[String(decoding: name, as: UTF8.self)] = range
        }
        ranges = found
    }

    /// The names of those sections in which two files differ, sorted.
    package static func differences(_ one: [UInt8], _ other: [UInt8]) -> [String]? {
        guard let left = ELFSections(parsing: one), let right = ELFSections(parsing: other) else { return nil }
        return Set(left.ranges.keys).union(right.ranges.keys).filter { name in
            guard let first = left.ranges[name], let second = right.ranges[name] else { return true }
            return one[first] != other[second]
        }.sorted()
    }
}
