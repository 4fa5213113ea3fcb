// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Extraction
package import Integrity
package import Transfer

/// What to make a root from: which archive, its signers, which packages.
package struct ArchiveRequest: Sendable {
    /// One suite of an archive: `bookworm`, `bookworm-updates`.
    package struct Suite: Sendable {
        package var name: String
        /// Base URIs of the archive, best first: what `dists/` and `pool/` lie under.
        package var mirrors: [String]
        package var proxy = Proxy.environment
        /// It may be skipped, and may have nothing for the architecture; the first of a request never is.
        package var isOptional: Bool
        /// Skipped: no package is taken from it. The root's own sources list it anyway.
        package var isSkipped = false
        /// The URI that the root's own sources name; the first mirror where it is nil.
        package var rootURI: String?
        /// Whether a Release file past its Valid-Until is refused.
        package var checksValidUntil = true
        /// When that is looked at, in seconds since 1970; nil: now. Its mirrors show it as it was then: a Release file made
        /// later is refused.
        package var moment: Int64?

        var uri: String { rootURI ?? mirrors.first ?? "" }

        package init(_ name: String, mirrors: [String], isOptional: Bool = false) {
            self.name = name
            self.mirrors = mirrors.map(\.trimmingSlashes)
            self.isOptional = isOptional
        }
    }

    package var architecture: Architecture
    /// That of the release itself first.
    package var suites: [Suite]
    package var components: [String]
    /// What the root's own sources name; those above where it is nil.
    package var enabledComponents: [String]?
    package var variant = Variant.minbase
    /// Names, or `NAME=VERSION`.
    package var packages: [String] = []
    /// Only `packages` and their dependencies: for a tree that is not a root.
    package var isBare = false
    /// Taken where the archive has them.
    package var optionalPackages: [String] = []
    /// Packages that others need and that are not taken all the same, and files of the others: glob(7)'s patterns.
    package var packagesLeftOut: [String] = []
    package var filesLeftOut = PathFilter()
    package var verifier: SignatureVerifier

    package init(
        architecture: Architecture, suites: [Suite], components: [String] = ["main"], verifier: SignatureVerifier
    ) {
        (self.architecture, self.suites, self.components) = (architecture, suites, components)
        self.verifier = verifier
    }
}
