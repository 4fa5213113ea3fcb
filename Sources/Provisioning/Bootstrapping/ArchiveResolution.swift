// SPDX-License-Identifier: Apache-2.0

internal import Catalogue
internal import Failures
internal import Filesystem
internal import Integrity
package import PackageArchive
internal import SystemPackage
internal import Terminal
internal import Transfer

/// Decides which packages a root gets, and from which archives.
extension Creation {
    /// Resolves the root's packages; fetches only indices.
    package func resolve(
        _ request: CreationRequest, _ bootstrap: BootstrapRequest
    ) async throws(ProvisioningError) -> BootstrapPlan {
        try store.requireFree(request.name, replacing: request.replaces)
        try below { () throws(FilesystemError) in try cache.make() }
        return try await resolve(request, bootstrap, archives).plan
    }

    func resolve(
        _ request: CreationRequest, _ bootstrap: BootstrapRequest, _ client: ArchiveClient
    ) async throws(ProvisioningError) -> ResolvedArchive {
        let base = bootstrap.base
        progress.begin("reading the archive of \(base.selection.name)")
        defer { progress.end() }
        var wanted = try await archiveRequest(request, bootstrap)
        if let first = base.repositories.first {
            // Requested packages may be in any component; a minimal root needs few.
            let isPlain = request.packages.isEmpty && bootstrap.tools == nil && bootstrap.installed == nil
            wanted.components = isPlain ? first.components : first.enabledComponents
            wanted.enabledComponents = first.enabledComponents
        }
        wanted.variant = bootstrap.variant
        wanted.packages = request.packages
        wanted.isBare = bootstrap.tools != nil
        wanted.optionalPackages = bootstrap.tools ?? bootstrap.installed ?? []
        if let target = bootstrap.toolsTarget {
            wanted.packagesLeftOut = ToolsTreeReach.packages
            wanted.filesLeftOut = ToolsTreeReach.files(target)
        }
        do throws(PackageArchiveError) {
            let archive = try await client.resolve(wanted)
            for suite in archive.leftOut { progress.warn("skipping \(suite.suite): \(suite.reason)") }
            for choice in archive.freeChoices where bootstrap.tools == nil && bootstrap.installed == nil {
                progress.warn("\(choice.name): chose \(choice.taken) over \(choice.others.joined(separator: ", "))")
            }
            return archive
        } catch {
            throw ProvisioningError(error)
        }
    }

    /// The suites to request and the keys to trust.
    func archiveRequest(
        _ request: CreationRequest, _ bootstrap: BootstrapRequest
    ) async throws(ProvisioningError) -> ArchiveRequest {
        let base = bootstrap.base
        try requireKnown(request.allowances.skippedSuites, base)
        let verifier = SignatureVerifier(
            pinned: base.trust.fingerprints, keys: try await fetcher(keyring: request.keyring).keys(base.trust))
        return ArchiveRequest(
            architecture: base.selection.architecture, suites: suites(request.allowances, bootstrap), verifier: verifier
        )
    }

    /// The suites to request, the release's own first.
    func suites(_ allowances: SourceAllowances, _ bootstrap: BootstrapRequest) -> [ArchiveRequest.Suite] {
        let host = host(for: bootstrap)
        return bootstrap.base.repositories.enumerated().map {
            suite(of: $0.element, isFirst: $0.offset == 0, bootstrap.base, allowances, host)
        }
    }

    /// The release's own mirrors, best first: the host's apt mirrors by default.
    func mirrors(of bootstrap: BootstrapRequest) -> [String] {
        guard let first = bootstrap.base.repositories.first else { return [] }
        let host = host(for: bootstrap)
        return suite(of: first, isFirst: true, bootstrap.base, SourceAllowances(), host).mirrors
    }

    /// The host's own archives; nil if the user named a mirror, or a snapshot, which they do not offer.
    private func host(for bootstrap: BootstrapRequest) -> HostArchives? {
        bootstrap.mirror == nil && bootstrap.base.snapshot == nil ? HostArchives.ofHost() : nil
    }

    private func requireKnown(_ skipped: [String], _ base: ArchiveBase) throws(ProvisioningError) {
        let additions = base.repositories.dropFirst().map(\.suite)
        guard let name = skipped.first(where: { !additions.contains($0) }) else { return }
        throw ProvisioningError(.noSuchSuite(name, of: base.selection.name, additions: additions))
    }

    private func suite(
        of repository: ArchiveRepository, isFirst: Bool, _ base: ArchiveBase, _ allowances: SourceAllowances,
        _ host: HostArchives?
    ) -> ArchiveRequest.Suite {
        let known = repository.mirrors.map(downloader.credentials.take)
        var suite = ArchiveRequest.Suite(repository.suite, mirrors: known, isOptional: !isFirst)
        suite.proxy = proxy
        suite.checksValidUntil = !base.allowsExpired && !allowances.allowsExpired
        suite.moment = base.snapshot?.seconds
        suite.isSkipped = allowances.skippedSuites.contains(repository.suite)
        let isSecurity = repository.suite.hasSuffix("-security") || repository.suite.hasSuffix("/updates")
        guard
            let mirror = host?.mirror(
                distro: base.selection.distro.name, architecture: base.selection.architecture, security: isSecurity)
        else { return suite }
        let own = downloader.credentials.take(from: mirror.uri)
        suite.mirrors = [own] + suite.mirrors.filter { $0 != own }
        suite.rootURI = own
        if case .environment = proxy { suite.proxy = mirror.proxy }
        suite.checksValidUntil = suite.checksValidUntil && mirror.checksValidUntil
        return suite
    }
}
