// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import SystemPackage

/// xz, zstd, bzip2 and lz4 by libarchive's filters, which check what the stream's format has to check.
@safe final class FilterDecoder: Decoder {
    private let input: ArchiveInput
    private var rest: UnsafeRawBufferPointer
    private var ended = false

    init(_ filter: Filter, _ source: any ByteSource, name: String) throws(ExtractionError) {
        unsafe rest = UnsafeRawBufferPointer(start: nil, count: 0)
        input = try unsafe ArchiveInput(name: name, next: { () throws(ExtractionError) in unsafe try source.read() }) {
            archive in
            switch filter {
            case .gzip: unsafe archive_read_support_filter_gzip(archive)
            case .xz: unsafe archive_read_support_filter_xz(archive)
            case .zstd: unsafe archive_read_support_filter_zstd(archive)
            case .bzip2: unsafe archive_read_support_filter_bzip2(archive)
            case .lz4: unsafe archive_read_support_filter_lz4(archive)
            }
            // The one "format" that hands out the decompressed bytes as they are.
            unsafe archive_read_support_format_raw(archive)
            unsafe archive_read_support_format_empty(archive)
        }
        ended = try unsafe input.nextHeader() == nil
    }

    func decode(into buffer: UnsafeMutableRawBufferPointer) throws(ExtractionError) -> Int {
        var filled = 0
        while filled < buffer.count, !ended {
            if unsafe rest.isEmpty {
                guard let block = unsafe try input.nextBlock() else {
                    ended = true
                    break
                }
                unsafe rest = block.bytes
            }
            let count = unsafe min(rest.count, buffer.count - filled)
            let part = unsafe UnsafeRawBufferPointer(rebasing: rest[..<count])
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(from: part)
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            filled += count
        }
        return filled
    }
}
