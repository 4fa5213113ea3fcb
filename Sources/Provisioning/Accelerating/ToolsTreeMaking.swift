// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
package import Catalogue
internal import Filesystem
internal import Integrity
internal import PackageArchive
package import SystemPackage
internal import Terminal

extension Creation {
    package var tools: ToolsTrees { ToolsTrees(cache) }

    /// Makes the tools tree for roots like `subject`, unless a whole one is there; `selection` is the same release for
    /// this host's architecture.
    ///
    /// Waits for another process that is making it.
    package func makeTools(
        _ subject: ToolsTrees.Subject, _ selection: BaseSelection, mirror: String? = nil, keyring: FilePath? = nil
    ) async throws(ProvisioningError) {
        let trees = tools
        try below { () throws(FilesystemError) in try trees.store.directory.makeDirectories(mode: 0o700) }
        let name = try subject.name
        let lock = try below { () throws(FilesystemError) in
            try FileLock.acquire(trees.store.directory.appending(".\(name).lock"), .exclusive, wait: true)
        }
        if trees.has(subject) { return }
        let making = Creation(
            store: trees.store, cache: cache, downloader: downloader, proxy: proxy, workers: workers, caller: caller,
            cpu: nil, progress: progress)
        var request = CreationRequest(name: name)
        request.replaces = true
        request.keyring = keyring
        progress.say("making the tools tree for \(subject.title), once")
        if selection.distro.archive != nil {
            try await making.makeTools(request, subject, selection, mirror)
        } else {
            try await making.makeToolsFromTarball(request, subject, selection, mirror)
        }
        withExtendedLifetime(lock.rawValue) {}
    }

    private func eligible(
        _ manager: InstalledPackages.Manager, for subject: ToolsTrees.Subject
    ) throws(ProvisioningError) -> [String] {
        let packages = try below { () throws(AccelerationError) in try Eligibility.builtIn()[manager] }
        let machine = NamedMachine(subject.architecture)
        return (packages.tools.map(machine.expand) + packages.packages.keys).sorted()
    }

    /// Only unpacked: its programs are executed in roots, which are configured.
    private func makeTools(
        _ request: CreationRequest, _ subject: ToolsTrees.Subject, _ selection: BaseSelection, _ mirror: String?
    ) async throws(ProvisioningError) {
        try prepare(request)
        try below { () throws(FilesystemError) in try cache.directory.makeDirectories() }
        var bootstrap = BootstrapRequest(
            base: try below { () throws(CatalogueError) in try selection.archive(mirror: mirror) })
        bootstrap.mirror = mirror
        bootstrap.tools = try eligible(.dpkg, for: subject)
        let use = try below { () throws(FilesystemError) in try cache.useArchives() }
        defer { withExtendedLifetime(use.rawValue) {} }
        let client = ArchiveClient(downloader: downloader, cache: cache.archives)
        let archive = try await resolve(request, bootstrap, client)
        let staging = try store.stage(request.name, at: nil, replacing: true)
        do throws(ProvisioningError) {
            _ = try await unpack(archive, with: client, into: staging.tree)
            let record = try toolsRecord(request, selection, staging.tree, archive.plan)
            try seal(staging, for: subject)
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

    /// Makes its programs find each other in roots, and writes down what state its files are in.
    private func seal(
        _ staging: borrowing Staging, for subject: ToolsTrees.Subject
    ) throws(ProvisioningError) {
        try below { () throws(AccelerationError) in
            let relocation = ToolsRelocation(host: .host)
            try relocation.apply(to: staging.tree)
            try relocation.tellMusl(in: staging.tree)
            try CompilerRelocation(target: subject.architecture).apply(to: staging.tree)
            let eligibility = try Eligibility.builtIn()
            let name = ArchitectureName(host: .host, root: subject.architecture)
            let machine = MachineName(host: .host, root: subject.architecture)
            for packages in [eligibility.dpkg, eligibility.apk] {
                try name.replace(in: staging.tree, packages)
                try machine.replace(in: staging.tree, packages)
            }
        }
        let manifest = staging.directory.appending(ToolsTrees.manifest)
        try below { () throws(FilesystemError) in try TreeManifest(of: staging.tree).write(to: manifest) }
    }

    private func makeToolsFromTarball(
        _ request: CreationRequest, _ subject: ToolsTrees.Subject, _ selection: BaseSelection, _ mirror: String?
    ) async throws(ProvisioningError) {
        try prepare(request)
        let discovery = try below { () throws(CatalogueError) in try selection.tarball(mirror: mirror) }
        let base = try await fetcher(keyring: request.keyring).resolve(discovery)
        let verified = try await fetcher(keyring: request.keyring).obtain(base)
        let staging = try store.stage(request.name, at: nil, replacing: true)
        do throws(ProvisioningError) {
            let record = try fill(staging, request, base, verified)
            try addEligible(to: staging.tree, for: subject, log: staging.directory.appending("log"))
            try seal(staging, for: subject)
            try publish(staging, record)
        } catch {
            progress.end()
            try? staging.discard(using: workers)
            throw error
        }
    }

    /// What of the eligible packages there is, beyond the base; a mirror that cannot be reached leaves it at that.
    private func addEligible(
        to tree: FilePath, for subject: ToolsTrees.Subject, log: FilePath
    ) throws(ProvisioningError) {
        let command = try TreeCommand(in: tree, called: "tools", architecture: .host, caller: caller)
        progress.begin("installing tools")
        defer { progress.end() }
        guard try command.run(["apk", "update"], log: log) == 0 else {
            return progress.warn("the tools tree for \(subject.title) has the base's programs only")
        }
        for package in try eligible(.apk, for: subject) {
            _ = try command.run(["apk", "add", "--", package], log: log)
        }
    }
}
