// SPDX-License-Identifier: Apache-2.0

package import Extraction

/// A complete plan for making a root: what a worker without network needs to unpack it.
package struct BootstrapPlan: Codable, Equatable, Sendable {
    package struct Package: Codable, Equatable, Sendable {
        package let name: String
        package let version: String
        package let architecture: String
        package let size: Int64
        /// In hexadecimal, lower case.
        package let sha256: String
        /// The .deb's path on this machine, once it was fetched and verified.
        package let file: String
        /// Same as another version of it for another architecture may be: its files in dpkg's database say which.
        package let isSameForArchitectures: Bool
        /// Names of selected packages whose files it may take over.
        package let replaces: [String]
        /// Where it is below the archive's URI, and the suite that named it.
        package let path: String
        package let suite: String

        package init(
            name: String, version: String, architecture: String, size: Int64, sha256: String, file: String,
            isSameForArchitectures: Bool = false, replaces: [String] = [], path: String = "", suite: String = ""
        ) {
            (self.name, self.version, self.architecture) = (name, version, architecture)
            (self.size, self.sha256, self.file) = (size, sha256, file)
            (self.isSameForArchitectures, self.replaces) = (isSameForArchitectures, replaces)
            (self.path, self.suite) = (path, suite)
        }
    }

    /// A line of the root's own sources.
    package struct Source: Codable, Equatable, Sendable {
        package let uri: String
        package let suite: String

        package init(uri: String, suite: String) {
            (self.uri, self.suite) = (uri, suite)
        }
    }

    /// A suite that packages came from, for the root's record.
    package struct Suite: Codable, Equatable, Sendable {
        package let name: String
        package let codename: String?
        /// Of the archive, as the root names it.
        package let uri: String
        /// Where the Release file came from.
        package let url: String
        /// Of the Release file, in seconds since 1970.
        package let date: Int64?
        /// Of the key that signed it.
        package let fingerprint: String
        /// Who that key says it belongs to.
        package let signedBy: String?
        /// Of the Release file as it was sent.
        package let sha256: String?

        package init(
            name: String, codename: String?, uri: String, url: String, date: Int64?, fingerprint: String,
            signedBy: String? = nil, sha256: String? = nil
        ) {
            (self.name, self.codename, self.uri, self.url) = (name, codename, uri, url)
            (self.date, self.fingerprint, self.signedBy, self.sha256) = (date, fingerprint, signedBy, sha256)
        }
    }

    package let architecture: String
    package let variant: Variant
    package let suites: [Suite]
    /// Where apt inside the root is to get packages from, and which components.
    package let sources: [Source]
    package let components: [String]
    /// Each after its dependencies, unless they are circular.
    package private(set) var packages: [Package]
    /// Packages that apt removes once nothing needs them.
    package let automatic: [String]

    package init(
        architecture: String, variant: Variant, suites: [Suite], sources: [Source], components: [String],
        packages: [Package], automatic: [String]
    ) {
        (self.architecture, self.variant, self.suites, self.sources) = (architecture, variant, suites, sources)
        (self.components, self.packages, self.automatic) = (components, packages, automatic)
    }

    /// Nothing but what was asked for and what that needs: a tree that is no root.
    package var isBare = false
    /// Files of the packages that are not unpacked.
    package var leftOut = PathFilter()

    /// The same, with the packages at these places only.
    func only(_ places: [Int]) -> BootstrapPlan {
        var plan = self
        plan.packages = places.map { packages[$0] }
        return plan
    }

    /// The sources show the archive as it was once: apt is not to care how long their Release files are valid.
    package var isSnapshot = false

    /// The same, with the packages' files where `place` says, by their SHA-256.
    func located(_ place: (String) -> String) -> BootstrapPlan {
        var plan = self
        plan.packages = packages.map { package in
            Package(
                name: package.name, version: package.version, architecture: package.architecture,
                size: package.size, sha256: package.sha256, file: place(package.sha256),
                isSameForArchitectures: package.isSameForArchitectures, replaces: package.replaces,
                path: package.path, suite: package.suite)
        }
        return plan
    }

    /// Bytes of all packages.
    package var size: Int64 { packages.reduce(0) { $0 + $1.size } }

    /// Whether `/bin`, `/sbin` and `/lib` are links into `/usr`, as debootstrap decides it: not in releases that
    /// came before it was possible.
    package var hasMergedUsr: Bool {
        isBare || !Self.withSplitUsr.contains(suites.first.flatMap { $0.codename ?? $0.name } ?? "")
    }

    private static let withSplitUsr: Set<String> = [
        "etch", "lenny", "squeeze", "wheezy", "jessie", "stretch", "precise", "trusty", "xenial", "artful", "bionic",
        "cosmic",
    ]

    /// The names that dpkg has for those links in this architecture.
    package var mergedDirectories: [String] {
        guard hasMergedUsr else { return [] }
        return ["bin", "sbin", "lib"] + (["amd64", "ppc64el", "loong64"].contains(architecture) ? ["lib64"] : [])
    }
}
