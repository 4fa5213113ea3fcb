// SPDX-License-Identifier: Apache-2.0

/// The bytes of an archive with their compression taken off.
protocol Decoder: AnyObject {
    /// Writes decompressed bytes into `buffer` and returns their number; 0 at the end of the stream, and only once the
    /// whole stream is known to be intact: a truncated or damaged one throws.
    func decode(into buffer: UnsafeMutableRawBufferPointer) throws(ExtractionError) -> Int
}

/// A compression that archives come in.
enum Filter: String, CaseIterable {
    case gzip, xz, zstd, bzip2, lz4

    /// What a stream begins with.
    private var magic: [UInt8] {
        switch self {
        case .gzip: [0x1F, 0x8B]
        case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
        case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
        case .bzip2: [0x42, 0x5A, 0x68]
        case .lz4: [0x04, 0x22, 0x4D, 0x18]
        }
    }

    init?(head: [UInt8]) {
        guard let found = Filter.allCases.first(where: { head.starts(with: $0.magic) }) else { return nil }
        self = found
    }
}

/// A decoder for whatever `source` begins with; what is not compressed passes through.
func makeDecoder(for source: any ByteSource, name: String) throws(ExtractionError) -> any Decoder {
    let source = try PeekableSource(source)
    guard !source.head.isEmpty else { throw ExtractionError(name, .notAnArchive(found: .emptyFile)) }
    return switch Filter(head: source.head) {
    case .gzip: try GzipDecoder(source, name: name)
    case .some(let filter): try FilterDecoder(filter, source, name: name)
    case nil: PlainDecoder(source)
    }
}

/// Bytes that are not compressed.
@safe final class PlainDecoder: Decoder {
    private let source: any ByteSource
    private var rest: UnsafeRawBufferPointer

    init(_ source: any ByteSource) {
        self.source = source
        unsafe rest = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    func decode(into buffer: UnsafeMutableRawBufferPointer) throws(ExtractionError) -> Int {
        var filled = 0
        while filled < buffer.count {
            if unsafe rest.isEmpty { unsafe rest = try source.read() }
            if unsafe rest.isEmpty { break }
            let count = unsafe min(rest.count, buffer.count - filled)
            let part = unsafe UnsafeRawBufferPointer(rebasing: rest[..<count])
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(from: part)
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            filled += count
        }
        return filled
    }
}
