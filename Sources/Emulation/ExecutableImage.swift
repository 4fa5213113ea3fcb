// SPDX-License-Identifier: Apache-2.0

package import Architectures

/// What the headers of an ELF program say of how it is to be loaded (elf(5)).
package struct ExecutableImage: Hashable, Sendable {
    package let elf: ELFIdentity
    /// The dynamic loader it asks for (`PT_INTERP`); nil where it is static.
    package let loader: String?

    /// `bytes` are the file's first; nil where they are no program, or its headers are not among them.
    package init?(parsing bytes: [UInt8]) {
        guard let elf = ELFIdentity(parsing: bytes) else { return nil }
        let reader = Reader(bytes: bytes, order: elf.byteOrder)
        let wide = elf.fileClass == .bits64
        // ET_EXEC or ET_DYN.
        guard let type = reader.integer(at: 16, size: 2), type == 2 || type == 3,
            let table = reader.integer(at: wide ? 32 : 28, size: wide ? 8 : 4),
            let entrySize = reader.integer(at: wide ? 54 : 42, size: 2), entrySize >= (wide ? 56 : 32),
            let count = reader.integer(at: wide ? 56 : 44, size: 2), count > 0
        else { return nil }
        var loader: String?
        for index in 0..<count {
            let entry = table + index * entrySize
            guard reader.bytes(at: entry, count: entrySize) != nil, let kind = reader.integer(at: entry, size: 4) else {
                return nil
            }
            guard kind == Self.interpreterSegment else { continue }
            guard let offset = reader.integer(at: entry + (wide ? 8 : 4), size: wide ? 8 : 4),
                let size = reader.integer(at: entry + (wide ? 32 : 16), size: wide ? 8 : 4),
                let name = reader.bytes(at: offset, count: size)
            else { return nil }
            loader = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        }
        self.elf = elf
        self.loader = loader
    }

    /// PT_INTERP.
    private static let interpreterSegment = 3

    private struct Reader {
        let bytes: [UInt8]
        let order: ELFIdentity.ByteOrder

        func bytes(at offset: Int, count: Int) -> ArraySlice<UInt8>? {
            guard offset >= 0, count >= 0, count <= bytes.count, offset <= bytes.count - count else { return nil }
            return bytes[offset..<offset + count]
        }

        /// nil outside of the file, and for what no file that fits into memory says.
        func integer(at offset: Int, size: Int) -> Int? {
            guard let slice = bytes(at: offset, count: size) else { return nil }
            let digits = order == .big ? Array(slice) : slice.reversed()
            let value = digits.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return value <= UInt64(Int32.max) ? Int(value) : nil
        }
    }
}
