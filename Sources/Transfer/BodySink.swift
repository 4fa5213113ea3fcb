// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The destination of a response's body. Bodies with an error status are read and discarded, so that the connection can
/// be reused.
struct BodySink: ~Copyable {
    private let attempt: Attempt
    private var file: FileDescriptor?
    /// Of the whole file, those there were before included.
    private(set) var received: Int64 = 0
    private(set) var bytes: [UInt8] = []
    /// Of the whole file, as the caller or the server says.
    private(set) var total: Int64?
    private(set) var isResumed = false
    private var hasBegun = false
    private var dropped = 0

    init(_ attempt: Attempt) {
        self.attempt = attempt
        total = attempt.size
        received = attempt.offset
    }

    deinit {
        if let file { _ = close(file.rawValue) }
    }

    /// Before the first byte, or at the end of a body that has none.
    mutating func begin(_ head: ResponseHead) throws(FailureReason) {
        guard !hasBegun else { return }
        hasBegun = true
        guard head.isSuccess else { return }
        if head.status == 206 {
            guard let range = head.contentRange, range.first == attempt.offset, attempt.offset > 0,
                case .file(let partial, .some(let resume)) = attempt.target,
                range.total == nil || resume.origin.total == nil || range.total == resume.origin.total
            else { throw .wrongRange }
            try announce(range.total ?? head.contentLength.map { $0 + attempt.offset })
            do throws(FilesystemError) { file = try partial.resume().release() } catch { throw .file(error) }
            isResumed = true
        } else {
            // The whole file instead of the requested part: start over.
            received = 0
            try announce(head.contentLength)
            if case .file(let partial, _) = attempt.target {
                let origin = Origin(url: attempt.url.string, validators: head.rangeValidators, total: total)
                do throws(FilesystemError) { file = try partial.begin(origin).release() } catch { throw .file(error) }
            }
        }
    }

    private mutating func announce(_ size: Int64?) throws(FailureReason) {
        guard let size else { return }
        if let expected = attempt.size, size != expected { throw .wrongSize(size, expected: expected) }
        guard size <= attempt.maximumSize else { throw .tooLarge(limit: attempt.maximumSize) }
        total = size
    }

    mutating func receive(_ chunk: UnsafeRawBufferPointer, _ head: ResponseHead) throws(FailureReason) {
        try begin(head)
        guard head.isSuccess else {
            dropped += chunk.count
            if dropped > 1 << 20 { throw .status(head.status) }
            return
        }
        received += Int64(chunk.count)
        guard received <= attempt.maximumSize else { throw .tooLarge(limit: attempt.maximumSize) }
        if let total, received > total { throw .wrongSize(received, expected: total) }
        guard let file else {
            unsafe bytes.append(contentsOf: chunk)
            return
        }
        do {
            _ = try unsafe file.writeAll(chunk)
        } catch let error as Errno {
            throw .file(FilesystemError("write", destination, error))
        } catch {
            throw .file(FilesystemError("write", destination, .ioError))
        }
    }

    /// After the last byte.
    mutating func end(_ head: ResponseHead) throws(FailureReason) {
        try begin(head)
        if let total, received < total { throw .cutShort(received, expected: total) }
    }

    /// The body, when it is over.
    mutating func takeBytes() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    private var destination: FilePath {
        if case .file(let partial, _) = attempt.target { partial.destination } else { "memory" }
    }
}

extension ResponseHead {
    /// file: URLs have no status.
    var isSuccess: Bool { [0, 200, 203, 206].contains(status) }
}
