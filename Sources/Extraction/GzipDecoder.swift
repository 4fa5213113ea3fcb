// SPDX-License-Identifier: Apache-2.0

internal import CZlib
internal import SystemPackage

/// gzip (RFC 1952), by zlib itself: libarchive's reader does not compare the checksum at the end.
///
/// The checksum takes a fifth of the time and is left to whoever has the bytes next: `endedMembers` says what it must be.
///
/// Members may follow one another; what follows the last and is none is passed over, as gzip(1) does.
@safe final class GzipDecoder: Decoder {
    private let source: any ByteSource
    private let name: String
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var ended = false
    private var input: UnsafeRawBufferPointer
    /// The last bytes of the input before this.
    private var carry: [UInt8] = []
    private(set) var endedMembers: [EndedMember] = []

    init(_ source: any ByteSource, name: String) throws(ExtractionError) {
        self.source = source
        self.name = name
        unsafe input = UnsafeRawBufferPointer(start: nil, count: 0)
        unsafe stream.initialize(to: z_stream())
        // 32 KiB of window, and 16 for "gzip, checksum included".
        let result = unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { throw ExtractionError(name, .stream(.noMemory)) }
        // Off: see above.
        unsafe inflateValidate(stream, 0)
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    func decode(into buffer: UnsafeMutableRawBufferPointer) throws(ExtractionError) -> Int {
        endedMembers = []
        unsafe stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = UInt32(buffer.count)
        while unsafe stream.pointee.avail_out > 0, !ended {
            if unsafe stream.pointee.avail_in == 0 {
                guard try refill() else {
                    throw ExtractionError(name, .damaged("it ends in the middle of its gzip data"))
                }
            }
            switch unsafe inflate(stream, Z_NO_FLUSH) {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END:
                endMember(at: unsafe buffer.count - Int(stream.pointee.avail_out))
                ended = try !beginNextMember()
            case Z_MEM_ERROR: throw ExtractionError(name, .stream(.noMemory))
            default:
                let detail = unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "invalid data"
                throw ExtractionError(name, .damaged("gzip: \(detail)"))
            }
        }
        return unsafe buffer.count - Int(stream.pointee.avail_out)
    }

    private func refill() throws(ExtractionError) -> Bool {
        unsafe carry = (carry + input.suffix(8)).suffix(8)
        let more = unsafe try source.read()
        unsafe input = unsafe more
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
            mutating: more.baseAddress?.assumingMemoryBound(to: UInt8.self))
        unsafe stream.pointee.avail_in = UInt32(more.count)
        return unsafe !more.isEmpty
    }

    /// Takes the eight bytes of the trailer, just consumed: CRC-32 and length, little-endian.
    private func endMember(at end: Int) {
        let consumed = unsafe input.count - Int(stream.pointee.avail_in)
        let trailer = unsafe Array((carry + input[..<consumed].suffix(8)).suffix(8))
        func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
        endedMembers.append(EndedMember(end: end, checksum: number(trailer[..<4]), length: number(trailer[4...])))
    }

    private func beginNextMember() throws(ExtractionError) -> Bool {
        if unsafe stream.pointee.avail_in == 0 {
            guard try refill() else { return false }
        }
        guard unsafe stream.pointee.next_in.pointee == 0x1F else { return false }
        return unsafe inflateReset(stream) == Z_OK
    }
}
