// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Images
internal import Integrity
package import PackageArchive
package import SystemPackage

/// What a root was made of, by digest: `mangrove.lock.json`, as `docs/mangrove.lock.schema.json` describes it.
///
/// Every root that can be made again has one beside its record; `mangrove lock` copies it.
package struct LockFile: Encodable, Equatable, Sendable {
    /// The newest `schema` this program understands.
    package static let schema = 1
    package static let name: FilePath.Component = "mangrove.lock.json"

    package enum Kind: String, Codable, CaseIterable, Sendable {
        case archive, tarball
    }

    /// A suite that packages came from.
    package struct Suite: Encodable, Equatable, Sendable {
        package var name: String
        package var codename: String?
        /// Of the archive.
        package var url: String
        /// Where the Release file came from, and its date, RFC 3339.
        package var release: String
        package var date: String?
        /// Of the key that signed it.
        package var fingerprint: String
        package var signedBy: String?
    }

    /// The sources in the root's apt configuration.
    package struct Source: Encodable, Equatable, Sendable {
        package var suite: String
        package var url: String
    }

    package struct Package: Encodable, Equatable, Sendable {
        package var name: String
        package var version: String
        package var architecture: String
        /// In hexadecimal, lower case.
        package var sha256: String
        /// Bytes.
        package var size: Int64
        /// Below the archive's URL.
        package var path: String
        package var suite: String
        /// True where another architecture's may be installed beside it.
        package var multiArchSame: Bool?
        /// Other packages of the root whose files it may take over.
        package var replaces: [String]?
    }

    package struct Tarball: Encodable, Equatable, Sendable {
        package var name: String
        /// `sha256:…`.
        package var digest: String
        package var urls: [String]
        /// How it was verified when the first root was made of it, and by whose key.
        package var verified: Verification.Means
        package var fingerprint: String?
        package var signedBy: String?
    }

    package var schema = Self.schema
    package var kind: Kind
    package var distro: String
    package var release: String
    package var version: String?
    package var codename: String?
    /// Debian's name of it.
    package var architecture: String
    /// Packages that were asked for.
    package var requested: [String] = []
    /// The moment of the archive, `20260901T000000Z`, that it is pinned to.
    package var snapshot: String?

    // Of an archive.
    package var variant: Variant?
    package var components: [String]?
    package var sources: [Source]?
    package var suites: [Suite]?
    /// In the order in which they are unpacked and configured.
    package var packages: [Package]?
    /// Those that apt removes once nothing needs them.
    package var automatic: [String]?

    package var tarball: Tarball?

    package init(_ kind: Kind, distro: String, release: String, architecture: String) {
        (self.kind, self.distro, self.release, self.architecture) = (kind, distro, release, architecture)
    }

    package func encoded() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Nothing in it can fail to encode.
        return Array((try? encoder.encode(self)) ?? Data()) + [UInt8(ascii: "\n")]
    }

    /// `sha256:…`, of the file.
    func digest() throws(ProvisioningError) -> String {
        let bytes = encoded()
        return try below { () throws(IntegrityError) in try Digest.of(bytes) }.description
    }
}

extension LockFile {
    /// The lock file of a root that `plan` makes.
    init(_ plan: BootstrapPlan, _ origin: ArchiveOrigin, requested: [String]) {
        self.init(.archive, distro: origin.distro, release: origin.release, architecture: plan.architecture)
        (codename, self.requested, snapshot) = (origin.codename, requested, origin.snapshot)
        (variant, components, automatic) = (plan.variant, plan.components, plan.automatic)
        sources = plan.sources.map { Source(suite: $0.suite, url: $0.uri) }
        suites = plan.suites.map { suite in
            Suite(
                name: suite.name, codename: suite.codename, url: suite.uri, release: suite.url,
                date: suite.date.map { RecordTime.text($0) }, fingerprint: suite.fingerprint, signedBy: suite.signedBy)
        }
        packages = plan.packages.map { package in
            Package(
                name: package.name, version: package.version, architecture: package.architecture,
                sha256: package.sha256, size: package.size, path: package.path, suite: package.suite,
                multiArchSame: package.isSameForArchitectures ? true : nil,
                replaces: package.replaces.isEmpty ? nil : package.replaces)
        }
    }

    /// The lock file of a root made from `base` alone, which has a digest.
    init(_ base: Base, _ verification: Verification, _ record: RootRecord) {
        self.init(.tarball, distro: record.distro, release: record.release, architecture: record.architecture)
        (version, codename) = (record.version, record.codename)
        let urls =
            switch base.place {
            case .remote(let urls): urls
            case .local(let path), .directory(let path): ["file://\(path)"]
            case .image(let source): [source.description]
            }
        tarball = Tarball(
            name: base.name, digest: verification.digest ?? "", urls: urls, verified: verification.how,
            fingerprint: verification.fingerprint, signedBy: verification.signedBy)
    }

    /// The plan to unpack it. Only the cache knows the packages' files.
    var plan: BootstrapPlan? {
        guard let variant, let components, let sources, let suites, let packages, let automatic else { return nil }
        var plan = BootstrapPlan(
            architecture: architecture, variant: variant,
            suites: suites.map { suite in
                BootstrapPlan.Suite(
                    name: suite.name, codename: suite.codename, uri: suite.url, url: suite.release,
                    date: suite.date.flatMap { RecordTime.seconds($0) }, fingerprint: suite.fingerprint,
                    signedBy: suite.signedBy)
            },
            sources: sources.map { BootstrapPlan.Source(uri: $0.url, suite: $0.suite) }, components: components,
            packages: packages.map { package in
                BootstrapPlan.Package(
                    name: package.name, version: package.version, architecture: package.architecture,
                    size: package.size, sha256: package.sha256, file: "",
                    isSameForArchitectures: package.multiArchSame ?? false, replaces: package.replaces ?? [],
                    path: package.path, suite: package.suite)
            }, automatic: automatic)
        plan.isSnapshot = snapshot != nil
        return plan
    }
}
