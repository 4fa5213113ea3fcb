// SPDX-License-Identifier: Apache-2.0

internal import CCurl
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// An attempt that waits for its turn or is under way, and whom its outcome is for.
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
    /// When the last byte came; nil while there is no connection, whose time is libcurl's matter.
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
        setOptions()
        setRequestHeaders()
        setCallbacks()
    }

    private func setOptions() {
        handle.set(CURLOPT_URL, attempt.url.string)
        handle.set(CURLOPT_USERAGENT, settings.userAgent)
        handle.set(CURLOPT_NOSIGNAL, 1)
        handle.set(CURLOPT_FOLLOWLOCATION, 1)
        handle.set(CURLOPT_MAXREDIRS, settings.maximumRedirects)
        handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, settings.connectTimeout.milliseconds))
        handle.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        // A transfer waits to learn whether it can share a connection that is being made. Without TLS it never can, and
        // would wait until another has its answer.
        handle.set(CURLOPT_PIPEWAIT, attempt.url.scheme == .https ? 1 : 0)
        handle.set(CURLOPT_BUFFERSIZE, 128 << 10)
        handle.set(CURLOPT_TCP_KEEPALIVE, 1)
        handle.set(CURLOPT_FILETIME, 1)
        unsafe mg_curl_set_close_on_exec(handle.pointer)
        if let bundle = settings.caBundle { handle.set(CURLOPT_CAINFO, bundle.string) }
        if let directory = settings.caDirectory { handle.set(CURLOPT_CAPATH, directory.string) }
        switch attempt.proxy {
        case .environment: break
        case .none: handle.set(CURLOPT_PROXY, "")
        case .url(let proxy): handle.set(CURLOPT_PROXY, proxy)
        }
        let web = Int(CURLPROTO_HTTP | CURLPROTO_HTTPS)
        // A redirect must be allowed by both lists.
        switch attempt.url.scheme {
        case .http: unsafe mg_curl_set_protocols(handle.pointer, "http,https", web, "http,https", web)
        case .https:
            let secure = Int(CURLPROTO_HTTPS)
            unsafe mg_curl_set_protocols(handle.pointer, "https", secure, "https", secure)
        case .file: unsafe mg_curl_set_protocols(handle.pointer, "file", Int(CURLPROTO_FILE), "https", web)
        }
    }

    private func setRequestHeaders() {
        if let validators = attempt.validators, attempt.url.scheme != .file {
            if let etag = validators.etag { handle.addHeader("If-None-Match: \(etag)") }
            if let modified = validators.lastModified { handle.addHeader("If-Modified-Since: \(modified)") }
        }
        if let modified = attempt.validators?.lastModified, attempt.url.scheme == .file {
            handle.set(CURLOPT_TIMECONDITION, Int(CURL_TIMECOND_IFMODSINCE.rawValue))
            handle.set(CURLOPT_TIMEVALUE, unsafe curl_getdate(modified, nil))
        }
        if case .file(_, .some(let resume)) = attempt.target {
            let validators = resume.origin.validators
            // Tags mean something on one server only, dates often on its mirrors as well.
            let isSameURL = resume.origin.url == attempt.url.string
            let etag = isSameURL || validators.lastModified == nil ? validators.etag : nil
            if let validator = etag ?? validators.lastModified {
                // Not CURLOPT_RANGE, with which libcurl takes an answer of 200 for a failure of its own.
                handle.addHeader("Range: bytes=\(resume.bytes)-")
                handle.addHeader("If-Range: \(validator)")
            }
        }
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

    /// What came of it, `code` being libcurl's verdict. To be asked once.
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
                finalURL: handle.string(CURLINFO_EFFECTIVE_URL) ?? attempt.url.string, validators: validators,
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

extension Duration {
    var milliseconds: Int { Int(self / .milliseconds(1)) }
}
