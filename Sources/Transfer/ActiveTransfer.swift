// SPDX-License-Identifier: Apache-2.0

internal import CCurl
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// An attempt that is queued or running, and the receiver of its outcome.
struct PendingAttempt {
    let attempt: Attempt
    let isCancelled: Cancellation
    let continuation: CheckedContinuation<Outcome, Never>
}

/// Set from any thread, looked at by the transfer thread.
final class Cancellation: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

/// An attempt under way: libcurl's handle, and what its callbacks collect. Used on the transfer thread only.
final class ActiveTransfer {
    let pending: PendingAttempt
    private(set) var handle: EasyHandle
    private(set) var sink: BodySink
    private var head = ResponseHead()
    /// Why a callback ended it.
    private var failure: FailureReason?
    private var scheme: RemoteURL.Scheme
    /// The time of the last byte; nil while connecting, which libcurl times.
    private var lastActivity: ContinuousClock.Instant?
    private let settings: NetworkSettings

    private var attempt: Attempt { pending.attempt }

    init?(_ pending: PendingAttempt, settings: NetworkSettings) {
        guard let handle = EasyHandle() else { return nil }
        self.pending = pending
        self.handle = handle
        self.settings = settings
        sink = BodySink(pending.attempt)
        scheme = pending.attempt.url.scheme
        self.handle.apply(pending.attempt, settings)
        setCallbacks()
    }

    private func setCallbacks() {
        // The transfer loop holds this object as long as libcurl holds the pointer.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe handle.set(CURLOPT_WRITEDATA, context)
        unsafe handle.set(CURLOPT_HEADERDATA, context)
        unsafe handle.set(CURLOPT_PREREQDATA, context)
        unsafe mg_curl_set_sink(handle.pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let context = unsafe context else { return 0 }
            let transfer = unsafe Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue()
            let chunk = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
            // Any other number than was given ends the transfer.
            return unsafe transfer.receiveBody(chunk) ? size * count : size * count + 1
        }
        unsafe mg_curl_set_sink(handle.pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let context = unsafe context else { return 0 }
            let transfer = unsafe Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue()
            unsafe transfer.receiveHeader(Array(UnsafeRawBufferPointer(start: bytes, count: size * count)))
            return size * count
        }
        unsafe mg_curl_set_prereq(handle.pointer) { context, _, _, _, _ in
            guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
            let transfer = unsafe Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.mayRequest() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
    }

    private func receiveBody(_ chunk: UnsafeRawBufferPointer) -> Bool {
        lastActivity = .now
        do throws(FailureReason) {
            try unsafe sink.receive(chunk, head)
            return true
        } catch {
            failure = error
            return false
        }
    }

    private func receiveHeader(_ line: [UInt8]) {
        lastActivity = .now
        head.receive(line)
    }

    /// Before each request, those of redirects included.
    private func mayRequest() -> Bool {
        lastActivity = .now
        let next = handle.string(CURLINFO_SCHEME).flatMap { RemoteURL.Scheme(rawValue: $0.lowercased()) }
        // By way of https a redirect may have come from http: that it is never left again is checked here.
        guard scheme != .https || next == .https else {
            failure = .insecureRedirect
            return false
        }
        if let next { scheme = next }
        return true
    }

    func isStalled(at now: ContinuousClock.Instant) -> Bool {
        guard let lastActivity else { return false }
        return now - lastActivity >= settings.stallTimeout
    }

    func reportProgress(at now: ContinuousClock.Instant) {
        guard head.isSuccess else { return }
        attempt.progress?.report(bytes: sink.received, total: sink.total, now: now)
    }

    /// Shares its connection with others of the same host.
    var isMultiplexed: Bool { handle.long(CURLINFO_HTTP_VERSION) >= Int(CURL_HTTP_VERSION_2_0) }

    func outcomeOfStall() -> Outcome { .failed(.stalled(settings.stallTimeout), retryAfter: nil) }

    /// The outcome, with libcurl's `code`. Call once.
    func outcome(_ code: CURLcode) -> Outcome {
        guard code == CURLE_OK else { return .failed(failure ?? reason(code), retryAfter: nil) }
        if attempt.validators != nil, head.status == 304 || handle.long(CURLINFO_CONDITION_UNMET) == 1 {
            return .notModified
        }
        if head.status == 416 { return .nothingThere(total: head.contentRange?.total) }
        guard head.isSuccess else { return .failed(.status(head.status), retryAfter: head.retryAfter) }
        do throws(FailureReason) {
            try sink.end(head)
        } catch {
            return .failed(error, retryAfter: nil)
        }
        var validators = head.validators
        if validators.lastModified == nil, attempt.url.scheme == .file { validators.lastModified = fileDate }
        return .complete(
            Response(
                finalURL: RemoteURL.withoutCredentials(
                    handle.string(CURLINFO_EFFECTIVE_URL) ?? attempt.url.string), validators: validators,
                size: sink.received, wasResumed: sink.isResumed, bytes: sink.takeBytes()))
    }

    private func reason(_ code: CURLcode) -> FailureReason {
        switch code {
        case CURLE_TOO_MANY_REDIRECTS: return .tooManyRedirects(settings.maximumRedirects)
        case CURLE_UNSUPPORTED_PROTOCOL: return .insecureRedirect
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            return .certificate(handle.message(code))
        case CURLE_PARTIAL_FILE:
            if let total = sink.total { return .cutShort(sink.received, expected: total) }
            return .connection(handle.message(code))
        case CURLE_COULDNT_CONNECT:
            let error = Errno(rawValue: CInt(truncatingIfNeeded: handle.long(CURLINFO_OS_ERRNO)))
            return .connection(error.rawValue == 0 ? handle.message(code) : "cannot connect: \(error)")
        default: return .connection(handle.message(code))
        }
    }

    /// The time of a local file, as a server would write it.
    private var fileDate: String? {
        var seconds = time_t(handle.offset(CURLINFO_FILETIME_T))
        guard seconds >= 0 else { return nil }
        var fields = unsafe tm()
        guard unsafe gmtime_r(&seconds, &fields) != nil else { return nil }
        var text = [CChar](repeating: 0, count: 64)
        // No locale is ever set: the names are English.
        let count = unsafe strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &fields)
        return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
