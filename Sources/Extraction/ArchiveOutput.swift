// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import Glibc
internal import SystemPackage

/// libarchive writing a pax archive to a descriptor.
@safe final class ArchiveOutput {
    private let archive: OpaquePointer
    private let name: String

    /// `descriptor` stays the caller's and outlives this.
    init(
        descriptor: CInt, name: String, compression: TreeArchive.Compression, threads: Int
    ) throws(ExtractionError) {
        guard let archive = unsafe archive_write_new() else { throw ExtractionError(name, .stream(.noMemory)) }
        unsafe self.archive = archive
        self.name = name
        try check(unsafe archive_write_set_format_pax(archive))
        // One kind of record for extended attributes, the one that other programs know.
        try check(unsafe archive_write_set_format_option(archive, "pax", "xattrheader", "SCHILY"))
        switch compression {
        case .none: break
        case .gzip:
            try check(unsafe archive_write_add_filter_gzip(archive))
            // Without the time of day the same tree gives the same bytes.
            _ = unsafe archive_write_set_filter_option(archive, "gzip", "timestamp", nil)
        case .zstd:
            try check(unsafe archive_write_add_filter_zstd(archive))
            // Older releases of libarchive know no such option: one thread then.
            _ = unsafe archive_write_set_filter_option(archive, "zstd", "threads", "\(threads)")
        case .xz:
            try check(unsafe archive_write_add_filter_xz(archive))
            _ = unsafe archive_write_set_filter_option(archive, "xz", "threads", "\(threads)")
            // Memory is per thread, and several times the dictionary: 4 MiB at this level.
            _ = unsafe archive_write_set_filter_option(archive, "xz", "compression-level", "4")
        }
        unsafe archive_write_set_bytes_in_last_block(archive, 1)
        try check(unsafe archive_write_open_fd(archive, descriptor))
    }

    deinit {
        unsafe archive_write_free(archive)
    }

    func begin(_ entry: OpaquePointer) throws(ExtractionError) {
        // Of a name that it cannot convert, libarchive asks errno whether memory was short: that of an earlier call
        // must not answer.
        errno = 0
        try check(unsafe archive_write_header(archive, entry))
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ExtractionError) {
        let count = unsafe archive_write_data(archive, bytes.baseAddress, bytes.count)
        if count < 0 { try check(ARCHIVE_FATAL) }
    }

    func finishEntry() throws(ExtractionError) {
        try check(unsafe archive_write_finish_entry(archive))
    }

    /// Writes what is still to be written.
    func close() throws(ExtractionError) {
        try check(unsafe archive_write_close(archive))
    }

    private func check(_ result: CInt) throws(ExtractionError) {
        // A warning is a name that is not UTF-8: it is written as it is, and marked so.
        guard result != ARCHIVE_OK, result != ARCHIVE_WARN else { return }
        let error = unsafe archive_errno(archive)
        throw ExtractionError(name, .stream(error > 0 ? Errno(rawValue: error) : .ioError))
    }
}
