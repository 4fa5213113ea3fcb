// SPDX-License-Identifier: Apache-2.0

package import Failures
package import Filesystem

/// A failed transfer.
package struct TransferError: Failure, Equatable {
    package enum Kind: Equatable, Sendable {
        /// Every mirror failed, each for its own reason.
        case unreachable([MirrorFailure])
        /// The URL, and what is wrong with it.
        case badURL(String, String)
        /// A local file operation failed.
        case file(FilesystemError)
        /// The task was cancelled.
        case cancelled
    }

    package let kind: Kind

    package init(_ kind: Kind) {
        self.kind = kind
    }

    package var problem: String {
        switch kind {
        case .unreachable(let failures):
            guard let first = failures.first else { return "no known URL to download from" }
            let others = failures.count - 1
            return "cannot download \(RemoteURL.withoutCredentials(first.url))"
                + (others == 0 ? "" : ", nor from \(counted(others, "other mirror"))")
        case .badURL(let url, _): return "cannot download \(RemoteURL.withoutCredentials(url))"
        case .file(let error): return error.problem
        case .cancelled: return "the transfer was cancelled"
        }
    }

    package var cause: String? {
        switch kind {
        case .unreachable(let failures):
            if failures.count == 1 { return failures.first?.reason.description }
            return failures.map { "\(RemoteURL.displayedHost($0.url)): \($0.reason)" }.joined(separator: "; ")
        case .badURL(_, let reason): return reason
        case .file(let error): return error.cause
        case .cancelled: return nil
        }
    }

    package var remedy: String? {
        switch kind {
        case .unreachable(let failures):
            if failures.contains(where: { if case .certificate = $0.reason { true } else { false } }) {
                return "set SSL_CERT_FILE to a bundle that contains the server's certificate authority"
            }
            if failures.allSatisfy({ if case .connection = $0.reason { true } else { false } }), !failures.isEmpty {
                return "check the connection, http_proxy and https_proxy, or use another mirror"
            }
            if failures.contains(where: { $0.reason == .status(401) }) {
                return "the server requires credentials: https://USER:PASSWORD@HOST/…"
            }
            return nil
        case .file(let error): return error.remedy
        case .badURL, .cancelled: return nil
        }
    }

    package var status: ExitStatus {
        switch kind {
        case .unreachable: .unavailable
        case .badURL: .usage
        case .file(let error): error.status
        case .cancelled: .tryAgain
        }
    }
}

/// Why one mirror failed, at the last attempt.
package struct MirrorFailure: Equatable, Sendable {
    package let url: String
    package let reason: FailureReason

    /// Nothing was answered.
    package var isOfNetwork: Bool {
        switch reason {
        case .connection, .stalled: true
        default: false
        }
    }
}

package enum FailureReason: Error, Equatable, CustomStringConvertible {
    /// An HTTP status other than success.
    case status(Int)
    /// The name, the connection or the protocol; libcurl's words or errno's.
    case connection(String)
    /// The server's certificate is invalid or untrusted; the TLS library's message.
    case certificate(String)
    /// No byte for this long.
    case stalled(Duration)
    case tooManyRedirects(Int)
    /// From https to http, or to something that is no web address at all.
    case insecureRedirect
    /// The bytes that came before the connection ended, and those that should have.
    case cutShort(Int64, expected: Int64)
    /// The bytes the server says it has, and those it should have.
    case wrongSize(Int64, expected: Int64)
    /// More than so many bytes.
    case tooLarge(limit: Int64)
    /// The server sent another range than requested, or one of another file.
    case wrongRange
    /// The local file could not be written.
    case file(FilesystemError)

    package var description: String {
        switch self {
        case .status(let status): "the server answered \(status)"
        case .connection(let reason), .certificate(let reason): reason
        case .stalled(let time): "no data for \(time.formatted)"
        case .tooManyRedirects(let limit): "more than \(limit) redirects"
        case .insecureRedirect: "redirected from https to an insecure URL"
        case .cutShort(let size, let expected): "the connection ended after \(size) of \(counted(expected, "byte"))"
        case .wrongSize(let size, let expected): "expected \(counted(expected, "byte")), found \(size)"
        case .tooLarge(let limit): "more than the \(counted(limit, "byte")) allowed"
        case .wrongRange: "the server sent another range than requested"
        case .file(let error): "\(error.problem): \(error.cause ?? "")"
        }
    }

    /// Whether another attempt at the same mirror may succeed.
    var isTransient: Bool {
        switch self {
        case .status(let status): [408, 425, 429, 500, 502, 503, 504].contains(status)
        case .connection, .stalled, .wrongRange, .cutShort: true
        case .certificate, .tooManyRedirects, .insecureRedirect, .wrongSize, .tooLarge, .file: false
        }
    }
}

extension Duration {
    /// "20 s", "0.5 s".
    fileprivate var formatted: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(Double(milliseconds) / 1000) s"
    }
}
