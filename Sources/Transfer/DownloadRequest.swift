// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// A server's validators for one version of a document (RFC 9110, section 8.8).
package struct Validators: Hashable, Sendable, Codable {
    /// With its quotation marks, as received.
    package var etag: String?
    /// An HTTP date, as received.
    package var lastModified: String?

    package init(etag: String? = nil, lastModified: String? = nil) {
        self.etag = etag
        self.lastModified = lastModified
    }

    package var isEmpty: Bool { etag == nil && lastModified == nil }
}

package enum Proxy: Hashable, Sendable {
    /// `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`.
    case environment
    case none
    /// A URL as libcurl takes it: `http://host:3128`, `socks5h://host`. `no_proxy` still applies.
    case url(String)
}

/// A request for a file on disk.
package struct DownloadRequest: Sendable {
    /// http, https or file; the same file on several mirrors, best first.
    package var urls: [String]
    /// The destination; `.NAME.partial`, `.NAME.origin` and `.NAME.lock` exist beside it until it is complete.
    package var destination: FilePath
    /// What it must measure, in bytes, where that is known.
    package var size: Int64?
    /// What it may measure at most, in bytes.
    package var maximumSize: Int64 = 64 << 30
    /// Validators of the existing version. Without them, a file at `destination` of the right size (any, if `size` is
    /// nil) is taken as current, and nothing is transferred.
    package var validators: Validators?
    package var proxy = Proxy.environment
    /// Whether the file is to survive a power cut once `download` has returned (fsync(2)).
    package var synchronizes = true

    package init(urls: [String], destination: FilePath, size: Int64? = nil) {
        self.urls = urls
        self.destination = destination
        self.size = size
    }
}

/// A successful download.
package enum Downloaded: Hashable, Sendable {
    case file(DownloadedFile)
    /// The version the request has validators of is still the newest.
    case notModified
}

package struct DownloadedFile: Hashable, Sendable {
    /// The mirror it came from, one of the request's; nil if it existed already, or another process had just downloaded
    /// it.
    package var url: String?
    /// After redirects.
    package var finalURL: String?
    package var validators = Validators()
    /// In bytes.
    package var size: Int64
    /// Part of it came from an earlier attempt, perhaps of another process.
    package var wasResumed = false
}

/// A request for a small document in memory.
package struct FetchRequest: Sendable {
    /// http, https or file; the same document on several mirrors, best first.
    package var urls: [String]
    /// In bytes.
    package var maximumSize = 16 << 20
    /// Of the version that is there already.
    package var validators: Validators?
    package var proxy = Proxy.environment

    package init(urls: [String]) {
        self.urls = urls
    }
}

package enum Fetched: Hashable, Sendable {
    case document(FetchedDocument)
    case notModified
}

package struct FetchedDocument: Hashable, Sendable {
    package var bytes: [UInt8]
    /// The mirror it came from, one of the request's.
    package var url: String
    /// After redirects.
    package var finalURL: String
    package var validators: Validators

    package init(bytes: [UInt8], url: String, finalURL: String, validators: Validators) {
        (self.bytes, self.url, self.finalURL, self.validators) = (bytes, url, finalURL, validators)
    }
}
