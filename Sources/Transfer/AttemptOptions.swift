// SPDX-License-Identifier: Apache-2.0

internal import CCurl
internal import SystemPackage

/// libcurl's options for an attempt.
extension EasyHandle {
    /// Sets everything that is the same for every moment of `attempt`.
    mutating func apply(_ attempt: Attempt, _ settings: NetworkSettings) {
        setOptions(attempt, settings)
        setRequestHeaders(attempt)
    }

    private func setOptions(_ attempt: Attempt, _ settings: NetworkSettings) {
        set(CURLOPT_URL, attempt.url.string)
        set(CURLOPT_USERAGENT, settings.userAgent)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 1)
        set(CURLOPT_MAXREDIRS, settings.maximumRedirects)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, settings.connectTimeout.milliseconds))
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        // A transfer waits to learn whether it can share a connection that is being made. Without TLS it never can, and
        // would wait until another has its answer.
        set(CURLOPT_PIPEWAIT, attempt.url.scheme == .https ? 1 : 0)
        set(CURLOPT_BUFFERSIZE, 128 << 10)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_FILETIME, 1)
        unsafe mg_curl_set_close_on_exec(pointer)
        if let bundle = settings.caBundle { set(CURLOPT_CAINFO, bundle.string) }
        if let directory = settings.caDirectory { set(CURLOPT_CAPATH, directory.string) }
        switch attempt.proxy {
        case .environment: break
        case .none: set(CURLOPT_PROXY, "")
        case .url(let proxy): set(CURLOPT_PROXY, proxy)
        }
        if let credentials = attempt.credentials {
            // libcurl omits them after a redirect to another host.
            set(CURLOPT_USERNAME, credentials.user)
            set(CURLOPT_PASSWORD, credentials.password)
        }
        let web = Int(CURLPROTO_HTTP | CURLPROTO_HTTPS)
        // A redirect must be allowed by both lists.
        switch attempt.url.scheme {
        case .http: unsafe mg_curl_set_protocols(pointer, "http,https", web, "http,https", web)
        case .https:
            let secure = Int(CURLPROTO_HTTPS)
            unsafe mg_curl_set_protocols(pointer, "https", secure, "https", secure)
        case .file: unsafe mg_curl_set_protocols(pointer, "file", Int(CURLPROTO_FILE), "https", web)
        }
    }

    private mutating func setRequestHeaders(_ attempt: Attempt) {
        if let validators = attempt.validators, attempt.url.scheme != .file {
            if let etag = validators.etag { addHeader("If-None-Match: \(etag)") }
            if let modified = validators.lastModified { addHeader("If-Modified-Since: \(modified)") }
        }
        if let modified = attempt.validators?.lastModified, attempt.url.scheme == .file {
            set(CURLOPT_TIMECONDITION, Int(CURL_TIMECOND_IFMODSINCE.rawValue))
            set(CURLOPT_TIMEVALUE, unsafe curl_getdate(modified, nil))
        }
        if case .file(_, .some(let resume)) = attempt.target {
            let validators = resume.origin.validators
            // Tags mean something on one server only, dates often on its mirrors as well.
            let isSameURL = resume.origin.url == attempt.url.string
            let etag = isSameURL || validators.lastModified == nil ? validators.etag : nil
            if let validator = etag ?? validators.lastModified {
                // Not CURLOPT_RANGE, with which libcurl takes an answer of 200 for a failure of its own.
                addHeader("Range: bytes=\(resume.bytes)-")
                addHeader("If-Range: \(validator)")
            }
        }
    }
}

extension Duration {
    var milliseconds: Int { Int(self / .milliseconds(1)) }
}
