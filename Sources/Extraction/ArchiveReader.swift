// SPDX-License-Identifier: Apache-2.0

internal import CArchive

/// The entries of a tar or cpio stream that arrives through a ring.
@safe final class ArchiveReader {
    private let input: ArchiveInput
    private let ring: BlockRing
    private let start: StreamStart
    private let name: String
    private let byteLimit: Int64
    private var entries = 0

    /// The first bytes of the stream, for the message that says what it is if it is no archive.
    private final class StreamStart {
        var head: [UInt8] = []
        var total: Int64 = 0
    }

    init(_ ring: BlockRing, name: String, byteLimit: Int64) throws(ExtractionError) {
        self.ring = ring
        self.name = name
        self.byteLimit = byteLimit
        let start = StreamStart()
        self.start = start
        let next: ArchiveInput.Next = { () throws(ExtractionError) in
            let block = unsafe try ring.next()
            if start.head.isEmpty { unsafe start.head = Array(block.prefix(512)) }
            start.total += Int64(block.count)
            guard start.total <= byteLimit else {
                throw ExtractionError(name, .tooLarge("more than the limit of \(byteLimit >> 20) MiB"))
            }
            return unsafe block
        }
        // Each format more is attack surface; these are what roots come in.
        input = try unsafe ArchiveInput(name: name, next: next) { archive in
            unsafe archive_read_support_format_tar(archive)
            unsafe archive_read_support_format_cpio(archive)
        }
    }

    /// The next entry, valid until the next call; nil once the stream has been read and checked to its very end.
    func next() throws(ExtractionError) -> ArchiveEntry? {
        let header: OpaquePointer?
        do throws(ExtractionError) {
            unsafe header = try input.nextHeader()
        } catch {
            guard entries == 0, case .damaged = error.reason, !looksLikeArchive else { throw error }
            throw ExtractionError(name, .notAnArchive(found: describe(head: start.head)))
        }
        if let header = unsafe header {
            entries += 1
            return unsafe ArchiveEntry(header)
        }
        guard !start.head.isEmpty else { throw ExtractionError(name, .notAnArchive(found: "no data at all")) }
        guard !input.isTar || !input.lacksEndMark else {
            throw ExtractionError(name, .damaged("it ends without tar's end mark: the rest is missing"))
        }
        // libarchive stops at the end mark; checksums and truncation show at the end of the stream.
        while unsafe try !ring.next().isEmpty {}
        return nil
    }

    /// The next bytes of the entry's contents, and where in the file they belong: what is left out is a hole.
    func nextBlock() throws(ExtractionError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        unsafe try input.nextBlock()
    }

    /// Whether the stream begins as tar (POSIX, "ustar" in the header) or cpio does.
    private var looksLikeArchive: Bool {
        let head = start.head
        return head.dropFirst(257).starts(with: "ustar".utf8) || head.starts(with: "0707".utf8)
    }
}
