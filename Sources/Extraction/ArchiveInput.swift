// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import Glibc
internal import SystemPackage

/// libarchive reading from a Swift function. Any error ends the reading, because some of its readers return the same
/// error for ever when called again.
@safe final class ArchiveInput {
    typealias Next = () throws(ExtractionError) -> UnsafeRawBufferPointer

    /// What libarchive's callback reaches: the function, and what it threw.
    @safe private final class Client {
        let next: Next
        var thrown: ExtractionError?
        /// Whether the function has said that there is no more.
        var ended = false
        var delivered: Int64 = 0

        init(next: @escaping Next) {
            unsafe self.next = unsafe next
        }
    }

    private let archive: OpaquePointer
    private let client: Client
    private let name: String

    /// Opens; `configure` enables formats and filters. `next` gives bytes valid until it is called again.
    init(name: String, next: @escaping Next, configure: (OpaquePointer) -> Void) throws(ExtractionError) {
        guard let archive = unsafe archive_read_new() else { throw ExtractionError(name, .stream(.noMemory)) }
        unsafe self.archive = archive
        self.name = name
        client = unsafe Client(next: next)
        unsafe configure(archive)
        let context = unsafe Unmanaged.passUnretained(client).toOpaque()
        try check(
            unsafe archive_read_open(
                archive, context, nil,
                { _, context, bytes in
                    guard let context = unsafe context else { return -1 }
                    let client = unsafe Unmanaged<Client>.fromOpaque(context).takeUnretainedValue()
                    do throws(ExtractionError) {
                        let block = unsafe try client.next()
                        unsafe bytes?.pointee = block.baseAddress
                        client.delivered += Int64(block.count)
                        client.ended = unsafe block.isEmpty
                        return block.count
                    } catch {
                        client.thrown = error
                        // Not archive_set_error(): it is variadic, and `thrown` says it all.
                        return -1
                    }
                }, nil))
    }

    deinit {
        unsafe archive_read_free(archive)
    }

    /// The next entry, owned by libarchive and valid until the next call; nil at the end of the archive.
    func nextHeader() throws(ExtractionError) -> OpaquePointer? {
        var entry: OpaquePointer?
        // Of a name that it cannot convert, libarchive asks errno whether memory was short, here and when the entry is
        // asked for it: that of an earlier call must not answer.
        errno = 0
        let result = unsafe archive_read_next_header(archive, &entry)
        errno = 0
        if result == ARCHIVE_EOF, client.thrown == nil { return nil }
        try check(result)
        return unsafe entry
    }

    /// The next bytes of the entry and where in it they belong, valid until the next call; nil at its end.
    func nextBlock() throws(ExtractionError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        let result = unsafe archive_read_data_block(archive, &start, &count, &offset)
        if result == ARCHIVE_EOF, client.thrown == nil { return nil }
        try check(result)
        return unsafe (UnsafeRawBufferPointer(start: start, count: count), offset)
    }

    /// Whether the last header read was looked for past the last byte there is: no end mark closed the archive.
    var lacksEndMark: Bool {
        unsafe client.ended && client.delivered - archive_read_header_position(archive) < 512
    }

    var isTar: Bool {
        unsafe archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK == ARCHIVE_FORMAT_TAR
    }

    /// libarchive's own words for what went wrong last.
    var message: String {
        guard let text = unsafe archive_error_string(archive) else { return "unreadable data" }
        return printable(unsafe String(cString: text).utf8)
    }

    private func check(_ result: CInt) throws(ExtractionError) {
        if let thrown = client.thrown { throw thrown }
        guard result == ARCHIVE_OK || result == ARCHIVE_WARN else {
            // libarchive's words for that differ, and liblzma's are "No progress is possible".
            throw ExtractionError(name, .damaged(client.ended ? "it ends too early" : message))
        }
    }
}
