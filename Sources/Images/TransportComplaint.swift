// SPDX-License-Identifier: Apache-2.0

internal import Failures

/// Why skopeo(1) failed, as far as a user can act on it. It has one exit status for everything, so its message is
/// matched, which comes from registries (OCI distribution specification, error codes) and Go's libraries.
package enum TransportComplaint: Equatable, Sendable {
    /// Not the name of an image.
    case badReference
    case notAuthorized
    case rateLimited
    case notThere
    case noSuchArchitecture
    case unreachable
    /// The registry does not use TLS, or its certificate is untrusted.
    case notEncrypted
    case rejectedByPolicy
    case noPolicy
    /// There is no such key, or it cannot be used.
    case notSigned
    case damaged
    case diskFull
    case other

    /// The first that has its words in what was said counts: an authentication that fails is "denied", whatever else is
    /// said of it.
    private static let phrases: [(TransportComplaint, [String])] = [
        (
            .badReference,
            [
                "invalid reference format", "repository name must ", "references with both a tag and digest",
            ]
        ),
        (.notSigned, ["creating signature", "error signing", "secret key", "no secret", "key not found"]),
        (.noPolicy, ["loading trust policy", "invalid policy in"]),
        (.rejectedByPolicy, ["rejected by policy", "a signature was required", "source image rejected", "rejected: "]),
        (.rateLimited, ["toomanyrequests", "too many requests", "status: 429", "statuscode: 429"]),
        (.noSuchArchitecture, ["no image found in manifest list", "no image found in image index"]),
        (.diskFull, ["no space left on device", "disk quota exceeded"]),
        (.notEncrypted, ["server gave http response to https client", "x509: ", "tls: "]),
        (
            .notAuthorized,
            [
                "unauthorized", "authentication required", "access denied", "denied:", "status code 401",
                "status code 403", "statuscode: 401", "statuscode: 403", "401 (unauthorized)", "403 (forbidden)",
                "invalid username/password",
            ]
        ),
        (
            .notThere,
            [
                "manifest unknown", "name unknown", "not found", "404 (not found)", "statuscode: 404",
                "repository name not known",
            ]
        ),
        (
            .unreachable,
            [
                "connection refused", "no such host", "i/o timeout", "network is unreachable", "no route to host",
                "connection reset", "server misbehaving", "deadline exceeded", "temporary failure",
                "502 (bad gateway)", "503 (service unavailable)", "504 (gateway timeout)", "status 5", "status: 5",
                "500 internal server error", "statuscode: 5", "unexpected eof", ": eof",
            ]
        ),
        (
            .damaged,
            ["digest did not match", "does not match", "did not match", "invalid character", "unexpected end of json"]
        ),
    ]

    init(_ words: String) {
        let words = words.lowercased()
        self = Self.phrases.first { $0.1.contains { words.contains($0) } }?.0 ?? .other
    }

    /// Of an image on this machine, where there is nobody to reach and nothing to log in to.
    init(ofFile words: String) {
        let text = words.lowercased()
        if ["choose an image", "no descriptor found", "not found in index", "no tag", "reference not found"]
            .contains(where: text.contains)
        {
            self = .notThere
            return
        }
        self = TransportComplaint(words)
        switch self {
        case .badReference, .rejectedByPolicy, .noPolicy, .notSigned, .noSuchArchitecture, .diskFull: break
        case .notAuthorized, .rateLimited, .notThere, .unreachable, .notEncrypted, .damaged, .other: self = .damaged
        }
    }

    func problem(_ image: String) -> String {
        switch self {
        case .badReference: "\"\(image)\" does not name an image"
        case .notAuthorized: "not allowed to use \(image)"
        case .rateLimited: "the registry limits requests: \(image)"
        case .notThere: "no such image: \(image)"
        case .noSuchArchitecture: "\(image) has no image for this architecture"
        case .unreachable: "cannot reach the registry of \(image)"
        case .notEncrypted: "no trusted connection to the registry of \(image)"
        case .rejectedByPolicy: "the policy of this machine rejects \(image)"
        case .noPolicy: "no policy for trusting images"
        case .notSigned: "cannot sign \(image)"
        case .damaged: "\(image) is damaged"
        case .diskFull: "no space for \(image)"
        case .other: "cannot copy \(image)"
        }
    }

    func remedy(_ image: String) -> String? {
        switch self {
        case .badReference: "expected the name of an image, like oci:debian:12 or oci:ghcr.io/owner/name@sha256:DIGEST"
        case .notAuthorized: "log in with: skopeo login REGISTRY"
        case .rateLimited: "wait, or log in with: skopeo login REGISTRY"
        case .noSuchArchitecture: "choose another with --arch"
        case .unreachable: "try again later"
        case .notEncrypted:
            "trust its certificate, or allow plain HTTP: containers-certs.d(5), containers-registries.conf(5)"
        case .rejectedByPolicy: "see containers-policy.json(5)"
        case .noPolicy:
            "write /etc/containers/policy.json or ~/.config/containers/policy.json (containers-policy.json(5))"
        case .notSigned: "list your keys: gpg --list-secret-keys"
        case .diskFull: "free space, or: mangrove cache prune"
        case .notThere, .damaged, .other: nil
        }
    }

    var status: ExitStatus {
        switch self {
        case .badReference: .usage
        case .notAuthorized: .notPermitted
        case .rateLimited, .unreachable, .notEncrypted: .unavailable
        case .noPolicy, .notSigned: .badConfiguration
        case .diskFull: .inputOutput
        case .notThere, .noSuchArchitecture, .rejectedByPolicy, .damaged, .other: .badData
        }
    }
}
