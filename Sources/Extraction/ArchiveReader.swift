// SPDX-License-Identifier: Apache-2.0

internal import CArchive

/// The entries of a tar or cpio stream that something else decompresses.
@safe final class ArchiveReader {
    private let input: ArchiveInput
    private let next: ArchiveInput.Next
    private let start: StreamStart
    private let name: String
    private var entries = 0

    /// The first bytes of the stream, for the message that says what it is if it is no archive.
    private final class StreamStart {
        var head: [UInt8] = []
        var total: Int64 = 0
        /// Whether the stream itself is damaged.
        var failed = false

        /// `error`, met before any entry, in words for what is no archive at all.
        func explain(_ error: ExtractionError, _ name: String) -> ExtractionError {
            guard case .damaged = error.reason, !failed else { return error }
            // POSIX has "ustar" in the header; the older form has nothing of the kind.
            if head.dropFirst(257).starts(with: "ustar".utf8) || head.starts(with: "0707".utf8) { return error }
            return ExtractionError(
                name, .notAnArchive(found: head.isEmpty ? .nothing : ForeignFile(head: head)))
        }
    }

    /// `source` gives decompressed bytes, valid until it is called again, and none at the end; `byteLimit` of them at most.
    init(
        name: String, byteLimit: Int64, source: @escaping ArchiveInput.Next
    ) throws(ExtractionError) {
        self.name = name
        let start = StreamStart()
        self.start = start
        let next: ArchiveInput.Next = { () throws(ExtractionError) in
            let block: UnsafeRawBufferPointer
            do throws(ExtractionError) {
                unsafe block = unsafe try source()
            } catch {
                start.failed = true
                throw error
            }
            if start.head.isEmpty { unsafe start.head = Array(block.prefix(ForeignFile.headSize)) }
            start.total += Int64(block.count)
            guard start.total <= byteLimit else {
                throw ExtractionError(name, .tooLarge("more than the limit of \(byteLimit >> 20) MiB"))
            }
            return unsafe block
        }
        // Each format more is attack surface; these are what roots come in.
        unsafe self.next = unsafe next
        do throws(ExtractionError) {
            input = try unsafe ArchiveInput(name: name, next: next) { archive in
                unsafe archive_read_support_format_tar(archive)
                unsafe archive_read_support_format_cpio(archive)
            }
        } catch {
            throw start.explain(error, name)
        }
    }

    /// The next entry, valid until the next call; nil once the stream has been read and checked to its very end.
    func nextEntry() throws(ExtractionError) -> ArchiveEntry? {
        let header: OpaquePointer?
        do throws(ExtractionError) {
            unsafe header = try input.nextHeader()
        } catch {
            throw entries == 0 ? start.explain(error, name) : error
        }
        if let header = unsafe header {
            entries += 1
            return unsafe ArchiveEntry(header)
        }
        guard !start.head.isEmpty else { throw ExtractionError(name, .notAnArchive(found: .nothing)) }
        guard !input.isTar || !input.lacksEndMark else {
            throw ExtractionError(name, .damaged("it ends too early: no end-of-archive marker"))
        }
        // libarchive stops at the end mark; checksums and truncation show at the end of the stream.
        while unsafe try !next().isEmpty {}
        return nil
    }

    /// What a stream without entries is instead.
    var withoutEntries: ForeignFile {
        let found = ForeignFile(head: start.head)
        return found == .zeros ? .noEntries : found
    }

    /// The next bytes of the entry's contents, and where in the file they belong: what is left out is a hole.
    func nextBlock() throws(ExtractionError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        unsafe try input.nextBlock()
    }
}
