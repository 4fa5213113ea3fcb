// SPDX-License-Identifier: Apache-2.0

internal import CISAL
internal import Glibc
internal import SystemPackage

/// gzip (RFC 1952), by ISA-L: libarchive's reader does not compare the checksum at the end, and zlib's takes twice the time
/// to decompress.
///
/// Members may follow one another; what follows the last and is none is passed over, as gzip(1) does.
@safe final class GzipDecoder: Decoder {
    private let source: any ByteSource
    private let name: String
    private let state: UnsafeMutableRawPointer
    private var ended = false

    init(_ source: any ByteSource, name: String) throws(ExtractionError) {
        self.source = source
        self.name = name
        guard let state = unsafe mg_gzip_new() else { throw ExtractionError(name, .stream(.noMemory)) }
        unsafe self.state = state
    }

    deinit {
        unsafe free(state)
    }

    func decode(into buffer: UnsafeMutableRawBufferPointer) throws(ExtractionError) -> Int {
        var filled = 0
        while filled < buffer.count, !ended {
            var written: UInt32 = 0
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let result = unsafe mg_gzip_decode(state, rest.baseAddress, UInt32(rest.count), &written)
            filled += Int(written)
            switch result {
            case mg_gzip_goes_on:
                guard filled < buffer.count, unsafe mg_gzip_left(state) == 0 else { continue }
                guard try refill() else {
                    throw ExtractionError(name, .damaged("it ends too early, within gzip data"))
                }
            case mg_gzip_member_ended: ended = try !beginNextMember()
            case mg_gzip_wrong_checksum:
                throw ExtractionError(name, .damaged("gzip checksum mismatch"))
            default: throw ExtractionError(name, .damaged("gzip: invalid data"))
            }
        }
        return filled
    }

    private func refill() throws(ExtractionError) -> Bool {
        let more = unsafe try source.read()
        unsafe mg_gzip_feed(state, more.baseAddress, UInt32(more.count))
        return unsafe !more.isEmpty
    }

    private func beginNextMember() throws(ExtractionError) -> Bool {
        if unsafe mg_gzip_left(state) == 0 {
            guard try refill() else { return false }
        }
        guard unsafe mg_gzip_next_byte(state) == 0x1F else { return false }
        unsafe mg_gzip_reset(state)
        return true
    }
}
