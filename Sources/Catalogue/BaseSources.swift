// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Integrity

/// Which keys count.
package struct Trust: Hashable, Sendable {
    /// Fingerprints of primary keys. A signature by any other key counts for nothing.
    package let fingerprints: [Fingerprint]
    /// Where the keys can be fetched; what comes from there is trusted only so far as its fingerprint is pinned.
    package let keyURLs: [String]
}

/// Base tarballs as a distro publishes them.
package struct TarballSource: Hashable, Sendable {
    package enum Signature: Hashable, Sendable {
        /// Detached, over the tarball, at that path.
        case overFile(path: String)
        /// Detached, over the index, at that path.
        case overIndex(path: String)
        /// The index is a clearsigned document.
        case clearsignedIndex
        /// Nothing is signed, for that reason.
        case none(reason: String)
    }

    package enum IndexForm: String, CaseIterable, Sendable {
        /// Digests and names of files, as sha256sum(1) writes them or in BSD's form.
        case checksums
        /// Alpine's latest-releases.yaml.
        case alpine
    }

    package struct Index: Hashable, Sendable {
        package let form: IndexForm
        package let path: String
    }

    package let mirrors: [String]
    package let index: Index?
    /// The name of the tarball, with `{version}` where the version stands.
    package let file: String
    package let path: String
    package let signature: Signature
    package let trust: Trust
    /// Versions that came out unsigned, and what is known of it.
    package let unsigned: [String: String]
    /// Its mirrors may be without the signature, as a private one is.
    package let allowsUnsigned: Bool
    let variables: [String: String]
}

/// A signed archive of packages.
package struct ArchiveSource: Hashable, Sendable {
    package struct Mirrors: Hashable, Sendable {
        package let architectures: [Architecture]
        package let urls: [String]
    }

    package let mirrors: [Mirrors]
    package let suites: [ArchiveSuite]
    /// What a root is made from.
    package let components: [String]
    /// What its sources.list names.
    package let enabledComponents: [String]
    /// Names of the keyring files that the distro's keyring package installs.
    package let keyrings: [String]
    package let trust: Trust
    /// Where it is as it was at any moment; nil where nobody keeps it so.
    let snapshot: SnapshotTemplate?
    let variables: [String: String]
}

package struct ArchiveSuite: Hashable, Sendable {
    /// "{codename}-updates".
    let name: String
    /// Empty: the archive's own.
    let mirrors: [String]
    /// That of a suite with mirrors of its own.
    let snapshot: SnapshotTemplate?
}
