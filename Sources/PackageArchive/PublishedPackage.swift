// SPDX-License-Identifier: Apache-2.0

internal import Architectures
package import SystemPackage
internal import Transfer

/// A binary package of one version, as an archive has it.
package struct PublishedPackage: Sendable {
    /// In hexadecimal, lower case.
    package let sha256: String
    package let size: Int64
    let urls: [String]
    let proxy: Proxy
}

/// Which package is meant.
package struct PackageIdentity: Hashable, Sendable {
    package let name: String
    package let version: String
    package let architecture: String

    package init(name: String, version: String, architecture: String) {
        (self.name, self.version, self.architecture) = (name, version, architecture)
    }
}

extension ArchiveClient {
    /// Those of `packages` that the archive has in the very version.
    package func published(
        _ packages: [PackageIdentity], in request: ArchiveRequest
    ) async throws(PackageArchiveError) -> [PackageIdentity: PublishedPackage] {
        try makeDirectories()
        let suites = try await answers(to: request)
        let universe = PackageUniverse(
            suites.flatMap { $0.fetched?.indices ?? [] }, architecture: request.architecture.rawValue)
        var found: [PackageIdentity: PublishedPackage] = [:]
        for package in packages {
            let records = try universe.versions(of: package.name)
            guard
                let record = records.first(where: {
                    $0.version.text == package.version && $0.architecture == package.architecture
                })
            else { continue }
            let suite = request.suites[record.suite]
            found[package] = PublishedPackage(
                sha256: record.sha256, size: record.size,
                urls: suite.mirrors.map { "\($0)/\(Self.escaped(record.filename))" }, proxy: suite.proxy)
        }
        return found
    }

    /// Where that package is, which is fetched if need be.
    package func fetch(_ package: PublishedPackage) async throws(PackageArchiveError) -> FilePath {
        let path = packagePath(package.sha256)
        try await fetch(package.urls, package.proxy, to: path, size: package.size, sha256: package.sha256)
        return path
    }
}
