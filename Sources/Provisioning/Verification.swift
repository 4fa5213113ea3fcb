// SPDX-License-Identifier: Apache-2.0

internal import Integrity

/// How the base of a root was verified before anything of it was unpacked.
package struct Verification: Codable, Equatable, Sendable {
    package enum Means: String, CaseIterable, Codable, Sendable {
        /// An OpenPGP signature by a pinned key, over the base or over the checksums it agrees with.
        case signature
        /// A checksum from the network or the user: it detects damage, not tampering.
        case checksum
        /// Nothing to compare it with.
        case none
    }

    package var how: Means
    /// Of the base, `sha256:…`; nil of a directory, and until the base is there.
    package var digest: String?
    /// The signing key, in full.
    package var fingerprint: String?
    /// Who the key says it belongs to.
    package var signedBy: String?
    /// Where the base, its checksums and its signature came from.
    package var urls: [String]

    /// Records a valid `signature`.
    mutating func record(_ signature: VerifiedSignature) {
        how = .signature
        fingerprint = signature.fingerprint.hex
        signedBy = signature.userID.isEmpty ? nil : signature.userID
    }

    /// Records that no signature was checked: a lock file gave the digests.
    mutating func becomeChecksum() {
        (how, fingerprint, signedBy, urls) = (.checksum, nil, nil, [])
    }

    package init(
        how: Means, digest: String?, fingerprint: String? = nil, signedBy: String? = nil, urls: [String] = []
    ) {
        self.how = how
        self.digest = digest
        self.fingerprint = fingerprint
        self.signedBy = signedBy
        self.urls = urls
    }
}
