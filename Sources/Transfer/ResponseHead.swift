// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// What of a response's header fields matters here (RFC 9110), collected line by line.
struct ResponseHead: Equatable, Sendable {
    /// 0 where the protocol has none: file.
    private(set) var status = 0
    private(set) var validators = Validators()
    /// Of the body that follows, not of the file.
    private(set) var contentLength: Int64?
    private(set) var contentRange: ContentRange?
    /// In seconds; a date instead is not understood and ignored.
    private(set) var retryAfter: Int?
    private var date: String?

    /// A line as it comes, with its end. A status line begins a new response: a redirect went before, or a 1xx.
    mutating func receive(_ line: [UInt8]) {
        let text = String(decoding: line, as: UTF8.self).trimmed
        if text.hasPrefix("HTTP/") {
            self = ResponseHead()
            let fields = text.split(separator: " ")
            if fields.count > 1 { status = Int(fields[1]) ?? 0 }
            return
        }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return }
        let value = String(text[text.utf8.index(after: colon)...]).trimmed
        switch text[..<colon].lowercased() {
        case "etag": validators.etag = value
        case "last-modified": validators.lastModified = value
        case "content-length": contentLength = Int64(value)
        case "content-range": contentRange = ContentRange(value)
        case "retry-after": retryAfter = Int(value)
        case "date": date = value
        default: break
        }
    }

    /// What may stand in If-Range: it must be strong (RFC 9110, sections 8.8 and 13.1.5).
    var rangeValidators: Validators {
        var strong = Validators()
        if let etag = validators.etag, etag.hasPrefix("\"") { strong.etag = etag }
        // A second after it was changed a file may change again without its date showing it.
        if let modified = validators.lastModified, let date, seconds(modified) > 0, seconds(date) > seconds(modified) {
            strong.lastModified = modified
        }
        return strong
    }

    private func seconds(_ date: String) -> Int { unsafe curl_getdate(date, nil) }
}

/// `bytes 100-199/200`, `bytes 100-199/*` or `bytes */200`.
struct ContentRange: Equatable, Sendable {
    var first: Int64?
    var total: Int64?

    init?(_ value: String) {
        guard value.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = value.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        total = Int64(String(parts[1]).trimmed)
        let range = String(parts[0]).trimmed
        if range != "*" {
            guard let dash = range.firstIndex(of: "-"), let first = Int64(range[..<dash]) else { return nil }
            self.first = first
        }
    }
}

extension String {
    /// Without blanks and line ends around it.
    var trimmed: String {
        let blank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        let bytes = utf8.drop(while: blank)
        let count = bytes.reversed().drop(while: blank).count
        return String(Substring(bytes.prefix(count)))
    }
}
