// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import Catalogue
internal import Failures
internal import Filesystem
internal import Integrity
internal import PackageArchive
internal import SystemPackage
internal import Terminal

/// What a tools tree consists of, and where that comes from.
extension Creation {
    private func eligible(
        _ manager: InstalledPackages.Manager, for subject: ToolsTrees.Subject
    ) throws(ProvisioningError) -> Set<String> {
        let packages = try below { () throws(AccelerationError) in try Eligibility.builtIn()[manager] }
        let machine = NamedMachine(subject.architecture)
        return Set(packages.tools.map(machine.expand)).union(packages.packages.keys)
    }

    /// What users have added to them, today and before.
    private func added(_ request: ToolsRequest) throws(ProvisioningError) -> Set<String> {
        try tools.added(request.subject).union(request.changes.add).union(request.outdated.map(\.name))
    }

    /// Only unpacked: its programs are executed in roots, which are configured.
    func makeFromArchive(
        _ request: ToolsRequest, over old: InstalledPackages?
    ) async throws(ProvisioningError) {
        let creation = try creationRequest(request)
        try below { () throws(FilesystemError) in try cache.make() }
        var bootstrap = BootstrapRequest(
            base: try below { () throws(CatalogueError) in try request.selection.archive(mirror: request.mirror) })
        bootstrap.mirror = request.mirror
        bootstrap.toolsTarget = request.subject.architecture
        let added = try added(request)
        bootstrap.tools = try eligible(.dpkg, for: request.subject).union(added).sorted()
        let use = try below { () throws(FilesystemError) in try cache.useArchives() }
        defer { withExtendedLifetime(use.rawValue) {} }
        let client = archives
        let archive: ResolvedArchive
        do throws(ProvisioningError) {
            archive = try await resolve(creation, bootstrap, client)
        } catch  where !added.isEmpty && error.status != .unavailable {
            // What one user adds must not be in the way of the others.
            bootstrap.tools = try eligible(.dpkg, for: request.subject).sorted()
            archive = try await resolve(creation, bootstrap, client)
            progress.warn("the tools tree is made without \(added.sorted().joined(separator: " ")): \(error.summary)")
        }
        if let old {
            let versions = Dictionary(
                archive.plan.packages.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
            guard request.outdated.areNewer({ versions[$0] }, than: old) else { return }
            announce(request, over: old)
        }
        let staging = try store.stage(creation.name)
        do throws(ProvisioningError) {
            _ = try await unpack(archive, with: client, into: staging.tree)
            let record = try toolsRecord(creation, request.selection, staging.tree, archive.plan)
            try listLibraries(of: staging.tree, log: staging.directory.appending("log"))
            try seal(staging, for: request.subject, adding: added)
            try publish(staging, record)
        } catch {
            progress.end()
            try? staging.discard(using: workers)
            throw error
        }
    }

    private func toolsRecord(
        _ request: CreationRequest, _ selection: BaseSelection, _ tree: FilePath, _ plan: BootstrapPlan
    ) throws(ProvisioningError) -> RootRecord {
        RootRecord(
            name: request.name, distro: selection.distro.name, release: selection.release.number,
            version: selection.release.number, codename: selection.release.codename,
            architecture: selection.architecture.rawValue, path: tree, created: RootRecord.now,
            verified: try below { () throws(IntegrityError) in try Verification(plan) },
            source: plan.suites.first.map { "\($0.uri) \($0.name)" } ?? "", ownership: ownership)
    }

    /// Has the loader's list of libraries written, before anything is relocated. Programs work without one, slower.
    private func listLibraries(of tree: FilePath, log: FilePath) throws(ProvisioningError) {
        let command = try TreeCommand(in: tree, called: "tools", architecture: .host, caller: caller)
        do throws(ProvisioningError) {
            _ = try command.run(["ldconfig", "-C", ToolsRelocation.cacheInTree.string], log: log)
        } catch  where error.status == .notFound || error.status == .notExecutable {
            // A release that has none, or not one for this machine.
        }
    }

    func makeFromTarball(
        _ request: ToolsRequest, over old: InstalledPackages?
    ) async throws(ProvisioningError) {
        let creation = try creationRequest(request)
        let added = try added(request)
        if let old { announce(request, over: old) }
        var discovery = try below { () throws(CatalogueError) in try request.selection.tarball(mirror: request.mirror) }
        if request.allowances.allowsUnsigned { discovery.allowsUnsigned = true }
        let base = try await fetcher(keyring: request.keyring).resolve(discovery)
        let verified = try await fetcher(keyring: request.keyring).obtain(base)
        let staging = try store.stage(creation.name)
        let isNewer: Bool
        do throws(ProvisioningError) {
            let record = try unpack(base, verified, in: staging, creation)
            try addEligible(to: staging, for: request.subject, adding: added, upgrading: old != nil)
            isNewer =
                try old.map { old throws(ProvisioningError) in
                    let tree = try below { () throws(FilesystemError) in try Directory.open(staging.tree) }
                    let packages = try below { () throws(AccelerationError) in try InstalledPackages(of: tree) }
                    return request.outdated.areNewer({ packages?[$0]?.version }, than: old)
                } ?? true
            if isNewer {
                try seal(staging, for: request.subject, adding: added)
                try publish(staging, record)
            }
        } catch {
            progress.end()
            try? staging.discard(using: workers)
            throw error
        }
        if !isNewer { try staging.discard(using: workers) }
    }

    /// What of the eligible packages there is, beyond the base; a mirror that cannot be reached leaves it at that.
    /// `upgrading`: the base, too, is to be as new as can be.
    private func addEligible(
        to staging: borrowing Staging, for subject: ToolsTrees.Subject, adding added: Set<String>, upgrading: Bool
    ) throws(ProvisioningError) {
        let log = staging.directory.appending("log")
        let command = try TreeCommand(in: staging.tree, called: "tools", architecture: .host, caller: caller)
        progress.begin("installing tools")
        defer { progress.end() }
        guard try command.run(["apk", "update"], log: log) == 0 else {
            return progress.warn("the tools tree for \(subject.title) contains only the base's programs")
        }
        if upgrading { _ = try command.run(["apk", "upgrade"], log: log) }
        for package in try eligible(.apk, for: subject).union(added).sorted() {
            _ = try command.run(["apk", "add", "--", package], log: log)
        }
    }
}
