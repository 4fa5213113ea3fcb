// SPDX-License-Identifier: Apache-2.0

/// An ELF program or shared library of a little-endian machine (elf(5)): its file, and what stands at which address.
struct ELFProgram {
    private(set) var bytes: [UInt8]
    /// How long an address is, in bytes.
    let wordSize: Int
    /// It is loaded at the addresses that it names (ET_EXEC), as gcc's programs are; else anywhere (ET_DYN).
    let isFixed: Bool
    let segments: [Segment]

    /// An entry of the table of program headers.
    struct Segment {
        /// A `PT_` constant.
        let kind: UInt32
        let offset: Int
        let address: UInt64
        /// In the file.
        let size: Int
        let isWritable: Bool
        let isExecutable: Bool
    }

    private static let loadable: UInt32 = 1
    private static let interpreter: UInt32 = 3

    /// nil where `bytes` are neither, or damaged.
    init?(parsing bytes: [UInt8]) {
        guard bytes.count >= 64, bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]), bytes[5] == 1,
            bytes[16] == 2 || bytes[16] == 3, bytes[17] == 0
        else { return nil }
        let wide = bytes[4] == 2
        let table = Self.integer(bytes, wide ? 32 : 28, wide ? 8 : 4)
        let entrySize = Self.integer(bytes, wide ? 54 : 42, 2)
        let count = Self.integer(bytes, wide ? 56 : 44, 2)
        guard table <= UInt64(bytes.count), entrySize >= (wide ? 56 : 32),
            table + entrySize * count <= UInt64(bytes.count)
        else { return nil }
        var segments: [Segment] = []
        for index in 0..<Int(count) {
            let entry = Int(table) + index * Int(entrySize)
            let word = wide ? 8 : 4
            let offset = Self.integer(bytes, entry + word, word)
            let size = Self.integer(bytes, entry + 4 * word, word)
            guard offset <= UInt64(bytes.count), size <= UInt64(bytes.count) - offset else { return nil }
            let flags = Self.integer(bytes, entry + (wide ? 4 : 24), 4)
            segments.append(
                Segment(
                    kind: UInt32(Self.integer(bytes, entry, 4)), offset: Int(offset),
                    address: Self.integer(bytes, entry + 2 * word, word), size: Int(size),
                    isWritable: flags & 2 != 0, isExecutable: flags & 1 != 0))
        }
        self.bytes = bytes
        self.segments = segments
        isFixed = bytes[16] == 2
        wordSize = wide ? 8 : 4
    }

    private var loaded: [Segment] { segments.filter { $0.kind == Self.loadable } }

    /// Where in the file the path of its loader is, with the zero byte at its end; nil where it has none.
    var loader: Range<Int>? {
        segments.first { $0.kind == Self.interpreter }.map { $0.offset..<$0.offset + $0.size }
    }

    func address(ofOffset offset: Int) -> UInt64? {
        guard let found = loaded.first(where: { $0.offset <= offset && offset < $0.offset + $0.size }) else {
            return nil
        }
        return found.address + UInt64(offset - found.offset)
    }

    func offset(ofAddress address: UInt64) -> Int? {
        segment(at: address).map { $0.offset + Int(address - $0.address) }
    }

    func isWritable(at address: UInt64) -> Bool { segment(at: address)?.isWritable ?? false }

    func isExecutable(at address: UInt64) -> Bool { segment(at: address)?.isExecutable ?? false }

    /// Where `count` bytes are to be had, in memory too, that nothing uses: between the end of a segment that is only
    /// read and the end of its page, which is mapped with it.
    func room(for count: Int) -> (offset: Int, address: UInt64)? {
        let segments = loaded
        for segment in segments where !segment.isWritable {
            let end = segment.offset + segment.size
            let pageEnd = (end + 0xFFF) & ~0xFFF
            let limit = segments.map(\.offset).filter { $0 >= end }.min().map { min($0, pageEnd) } ?? pageEnd
            guard limit <= bytes.count, limit > end else { continue }
            let used = bytes[end..<limit].lastIndex { $0 != 0 } ?? end - 1
            // After a zero byte, so that nothing before is lengthened.
            let offset = used + 2
            guard limit - offset >= count else { continue }
            return (offset, segment.address + UInt64(offset - segment.offset))
        }
        return nil
    }

    private func segment(at address: UInt64) -> Segment? {
        segments.first { $0.kind == Self.loadable && $0.address <= address && address - $0.address < UInt64($0.size) }
    }

    /// The string that begins at `address`; nil where none does that is text.
    func string(at address: UInt64) -> String? {
        guard let start = offset(ofAddress: address), let end = bytes[start...].prefix(4096).firstIndex(of: 0) else {
            return nil
        }
        return String(validating: bytes[start..<end], as: UTF8.self)
    }

    /// The offsets of all strings that are `text`, beginning and end.
    func strings(_ text: String) -> [Int] {
        offsets(of: [0] + Array(text.utf8) + [0]).map { $0 + 1 }
    }

    func word(at offset: Int) -> UInt64? {
        guard offset >= 0, offset <= bytes.count - wordSize else { return nil }
        return Self.integer(bytes, offset, wordSize)
    }

    /// The offsets of aligned words that are the address `address`.
    func words(_ address: UInt64) -> [Int] {
        offsets(of: encoded(address)).filter { $0 % wordSize == 0 }
    }

    /// Whether anything in the program, code or data, may refer to the inside of the string of `count` bytes at
    /// `offset`: linkers let a string that is another one's end share its bytes.
    func sharesEnd(ofStringAt offset: Int, count: Int) -> Bool {
        guard let address = address(ofOffset: offset) else { return true }
        return (1..<max(2, count)).contains { inside in
            !offsets(of: Array(encoded(address + UInt64(inside)).prefix(4))).isEmpty
        }
    }

    func offsets(of pattern: [UInt8]) -> [Int] { Bytes.places(of: pattern, in: bytes) }

    mutating func set(_ word: UInt64, at offset: Int) { set(encoded(word), at: offset) }

    mutating func set(_ new: [UInt8], at offset: Int) {
        bytes.replaceSubrange(offset..<offset + new.count, with: new)
    }

    func encoded(_ word: UInt64) -> [UInt8] {
        (0..<wordSize).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
    }

    static func integer(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
        bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
