// SPDX-License-Identifier: Apache-2.0

internal import Integrity

/// How the base of a root was verified before anything of it was unpacked.
package struct Verification: Codable, Equatable, Sendable {
    package enum Means: String, CaseIterable, Codable, Sendable {
        /// An OpenPGP signature by a pinned key, over the base or over the checksums it agrees with.
        case signature
        /// A checksum that came over the network or from the user: damage is excluded, not deceit.
        case checksum
        /// Nothing to compare it with.
        case none
    }

    package var how: Means
    /// Of the base, `sha256:…`.
    package var digest: String
    /// The signing key, in full.
    package var fingerprint: String?
    /// Who the key says it belongs to.
    package var signedBy: String?
    /// Where the base, its checksums and its signature came from.
    package var urls: [String]

    /// Notes that `signature` was good.
    mutating func record(_ signature: VerifiedSignature) {
        how = .signature
        fingerprint = signature.fingerprint.hex
        signedBy = signature.userID.isEmpty ? nil : signature.userID
    }

    /// Notes that no signature was looked at: a lock file said what the digests are.
    mutating func becomeChecksum() {
        (how, fingerprint, signedBy, urls) = (.checksum, nil, nil, [])
    }

    package init(
        how: Means, digest: String, fingerprint: String? = nil, signedBy: String? = nil, urls: [String] = []
    ) {
        self.how = how
        self.digest = digest
        self.fingerprint = fingerprint
        self.signedBy = signedBy
        self.urls = urls
    }
}
