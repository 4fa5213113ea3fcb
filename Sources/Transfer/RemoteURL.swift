// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// A URL that may be transferred from, taken apart by libcurl.
package struct RemoteURL: Hashable, Sendable {
    package enum Scheme: String, Sendable {
        case http, https, file
    }

    let string: String
    let scheme: Scheme
    /// What connections are counted by: scheme, host and port.
    let origin: String

    init(_ string: String) throws(TransferError) {
        guard let parts = URLParts(string) else {
            throw TransferError(.badURL(string, "invalid URL"))
        }
        guard let scheme = Scheme(rawValue: parts.scheme) else {
            throw TransferError(.badURL(string, "expected http, https or file, found \(parts.scheme)"))
        }
        self.string = string
        self.scheme = scheme
        origin = "\(parts.scheme)://\(parts.host):\(parts.port)"
    }

    /// `url` as it is, but for user and password. Of what is no URL, too: messages show it.
    package static func withoutCredentials(_ url: String) -> String {
        let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let authority = url[start...].prefix { !"/?#".contains($0) }
        guard let end = authority.lastIndex(of: "@") else { return url }
        return String(url[..<start] + url[url.index(after: end)...])
    }

    /// User and password in `url`, decoded; nil where there are none.
    static func credentials(in url: String) -> Credentials? {
        guard let parts = URLParts(url), parts.user != nil || parts.password != nil else { return nil }
        return Credentials(user: parts.user ?? "", password: parts.password ?? "")
    }

    static func displayedHost(_ url: String) -> String {
        guard let parts = URLParts(url) else { return withoutCredentials(url) }
        guard !parts.host.isEmpty else { return withoutCredentials(url) }
        // The port tells mirrors on one host apart.
        return parts.hasPort ? "\(parts.host):\(parts.port)" : parts.host
    }
}

private struct URLParts {
    let scheme: String
    let host: String
    let port: String
    let hasPort: Bool
    let user: String?
    let password: String?

    init?(_ string: String) {
        guard let handle = unsafe curl_url() else { return nil }
        defer { unsafe curl_url_cleanup(handle) }
        // Schemes libcurl does not know are named in the message, so they must parse.
        let flags = UInt32(CURLU_NON_SUPPORT_SCHEME)
        guard unsafe curl_url_set(handle, CURLUPART_URL, string, flags) == CURLUE_OK else { return nil }
        func part(_ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
            var value: UnsafeMutablePointer<CChar>?
            guard unsafe mg_curl_url_get(handle, part, &value, flags) == CURLUE_OK, let value = unsafe value else {
                return nil
            }
            defer { unsafe curl_free(value) }
            return unsafe String(cString: value)
        }
        guard let scheme = part(CURLUPART_SCHEME) else { return nil }
        self.scheme = scheme
        host = part(CURLUPART_HOST) ?? ""
        hasPort = part(CURLUPART_PORT) != nil
        port = part(CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)) ?? ""
        user = part(CURLUPART_USER, UInt32(CURLU_URLDECODE))
        password = part(CURLUPART_PASSWORD, UInt32(CURLU_URLDECODE))
    }
}
