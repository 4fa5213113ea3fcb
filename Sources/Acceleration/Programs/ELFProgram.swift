// SPDX-License-Identifier: Apache-2.0

internal import Architectures

/// An ELF program or shared library of a little-endian machine (elf(5)): its file, and what stands at which address.
struct ELFProgram {
    private(set) var bytes: [UInt8]
    private let headers: ELFHeaders

    /// How long an address is, in bytes.
    var wordSize: Int { headers.identity.fileClass == .bits64 ? 8 : 4 }
    /// It is loaded at the addresses that it names (ET_EXEC), as gcc's programs are; else anywhere (ET_DYN).
    var isFixed: Bool { headers.isFixed }
    /// All of them lie in the file.
    var segments: [ELFHeaders.Segment] { headers.segments }

    /// nil where `bytes` are neither, or damaged.
    init?(parsing bytes: [UInt8]) {
        guard bytes.count >= 64, let headers = ELFHeaders(parsing: bytes), headers.identity.byteOrder == .little,
            headers.segments.allSatisfy({ $0.range.upperBound <= bytes.count })
        else { return nil }
        (self.bytes, self.headers) = (bytes, headers)
    }

    private var loaded: [ELFHeaders.Segment] { segments.filter { $0.kind == ELFHeaders.Segment.loadable } }

    /// Where in the file the path of its loader is, with the zero byte at its end; nil where it has none.
    var loader: Range<Int>? { headers.loaderRange }

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

    private func segment(at address: UInt64) -> ELFHeaders.Segment? {
        loaded.first { $0.address <= address && address - $0.address < UInt64($0.size) }
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
        integer(offset, wordSize)
    }

    /// nil where it is not all in the file.
    func integer(_ offset: Int, _ size: Int) -> UInt64? { ELFIdentity.ByteOrder.little.integer(bytes, offset, size) }

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
}
