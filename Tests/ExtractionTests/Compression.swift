// SPDX-License-Identifier: Apache-2.0

import CArchive
import Testing

enum TestFilter: String, CaseIterable {
    case gzip, xz, zstd, bzip2, lz4
}

/// `bytes` compressed.
func compressed(_ bytes: [UInt8], _ filter: TestFilter) throws -> [UInt8] {
    let archive = try #require(archive_write_new())
    defer { archive_write_free(archive) }
    archive_write_set_format_raw(archive)
    switch filter {
    case .gzip: archive_write_add_filter_gzip(archive)
    case .xz: archive_write_add_filter_xz(archive)
    case .zstd: archive_write_add_filter_zstd(archive)
    case .bzip2: archive_write_add_filter_bzip2(archive)
    case .lz4: archive_write_add_filter_lz4(archive)
    }
    archive_write_set_bytes_in_last_block(archive, 1)
    var buffer = [UInt8](repeating: 0, count: bytes.count * 2 + 65536)
    var used = 0
    return try buffer.withUnsafeMutableBytes { buffer in
        try #require(archive_write_open_memory(archive, buffer.baseAddress, buffer.count, &used) == ARCHIVE_OK)
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_filetype(entry, 0o100000)
        try #require(archive_write_header(archive, entry) == ARCHIVE_OK)
        try #require(archive_write_data(archive, bytes, bytes.count) == bytes.count)
        try #require(archive_write_close(archive) == ARCHIVE_OK)
        return Array(buffer[..<used])
    }
}
