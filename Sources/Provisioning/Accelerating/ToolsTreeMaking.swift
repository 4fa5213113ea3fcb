// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import Catalogue
internal import Failures
internal import Filesystem
internal import Integrity
internal import PackageArchive
internal import Sandbox
internal import SystemPackage
internal import Terminal

extension Creation {
    package var tools: ToolsTrees { ToolsTrees(cache) }

    /// Makes a tools tree, unless a whole one is there. Waits for another process that is making it.
    package func makeTools(_ request: ToolsRequest) async throws(ProvisioningError) {
        let lock = try lockTools(request.subject, wait: true)
        if tools.has(request.subject) { return }
        progress.say("making the tools tree for \(request.subject.title), once")
        try await make(request, over: nil)
        withExtendedLifetime(lock.rawValue) {}
    }

    /// Makes one that takes the place of that which is there, where the archive has any of `outdated` newer. Runs that
    /// are going on keep the old one.
    ///
    /// Once a day it asks, and not while another process does.
    package func refreshTools(_ request: ToolsRequest) async throws(ProvisioningError) {
        guard tools.isRefreshDue(request.subject, request.outdated) else { return }
        let lock: FileLock
        do throws(ProvisioningError) {
            lock = try lockTools(request.subject, wait: false)
        } catch {
            return
        }
        guard tools.isRefreshDue(request.subject, request.outdated), let old = try tools.packages(request.subject)
        else {
            return
        }
        tools.noteRefresh(request.subject, request.outdated)
        try await make(request, over: old)
        withExtendedLifetime(lock.rawValue) {}
    }

    /// `refreshTools`, for a root whose version of a package, by its name, is `version`; without an error.
    func refreshTools(_ request: CreationRequest, for version: (String) -> String?) async {
        guard var wanted = request.tools, request.acceleration.mode != nil,
            let outdated = try? tools.outdated(wanted.subject, adding: request.accelerationChanges.add, version)
        else { return }
        wanted.outdated = outdated
        do throws(ProvisioningError) {
            try await refreshTools(wanted)
        } catch {
            progress.warn("the tools tree for \(wanted.subject.title) is not brought up to date: \(error.told)")
        }
    }

    private func lockTools(_ subject: ToolsTrees.Subject, wait: Bool) throws(ProvisioningError) -> FileLock {
        let directory = tools.store.directory
        let name = try subject.name
        return try below { () throws(FilesystemError) in
            try directory.makeDirectories(mode: 0o700)
            return try FileLock.acquire(directory.appending(".\(name).lock"), .exclusive, wait: wait)
        }
    }

    /// `old`: what the one that it takes the place of consists of.
    private func make(_ request: ToolsRequest, over old: InstalledPackages?) async throws(ProvisioningError) {
        let trees = tools
        let making = Creation(
            store: trees.store, cache: cache, downloader: downloader, proxy: proxy, workers: workers, caller: caller,
            cpu: nil, progress: progress)
        if request.selection.distro.archive != nil {
            try await making.makeFromArchive(request, over: old)
        } else {
            try await making.makeFromTarball(request, over: old)
        }
        trees.removeSuperseded(request.subject) { workers }
    }

    private func creationRequest(_ request: ToolsRequest) throws(ProvisioningError) -> CreationRequest {
        var creation = CreationRequest(name: try tools.next(of: request.subject).name)
        creation.keyring = request.keyring
        try prepare(creation)
        return creation
    }

    private func announce(_ request: ToolsRequest, over old: InstalledPackages) {
        let missing = request.missing(in: old)
        let newer = request.outdated.map(\.name).filter { !missing.contains($0) }
        let reasons = [
            missing.isEmpty ? "" : ", with \(missing.sorted().joined(separator: " "))",
            newer.isEmpty ? "" : ", for newer versions of \(newer.joined(separator: " "))",
        ]
        progress.say("making the tools tree for \(request.subject.title) anew\(reasons.joined())")
    }

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
    private func makeFromArchive(
        _ request: ToolsRequest, over old: InstalledPackages?
    ) async throws(ProvisioningError) {
        let creation = try creationRequest(request)
        try below { () throws(FilesystemError) in try cache.directory.makeDirectories() }
        var bootstrap = BootstrapRequest(
            base: try below { () throws(CatalogueError) in try request.selection.archive(mirror: request.mirror) })
        bootstrap.mirror = request.mirror
        let added = try added(request)
        bootstrap.tools = try eligible(.dpkg, for: request.subject).union(added).sorted()
        let use = try below { () throws(FilesystemError) in try cache.useArchives() }
        defer { withExtendedLifetime(use.rawValue) {} }
        let client = ArchiveClient(downloader: downloader, cache: cache.archives)
        let archive: ResolvedArchive
        do throws(ProvisioningError) {
            archive = try await resolve(creation, bootstrap, client)
        } catch  where !added.isEmpty && error.status != .unavailable {
            // What one user adds must not be in the way of the others.
            bootstrap.tools = try eligible(.dpkg, for: request.subject).sorted()
            archive = try await resolve(creation, bootstrap, client)
            progress.warn("the tools tree is made without \(added.sorted().joined(separator: " ")): \(error.told)")
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

    /// Makes its programs find each other in roots, and writes down what state its files are in.
    private func seal(
        _ staging: borrowing Staging, for subject: ToolsTrees.Subject, adding added: Set<String>
    ) throws(ProvisioningError) {
        let seal = try below { () throws(AccelerationError) in
            try ToolsSeal(staging.tree, for: subject.architecture)
        }
        var record = try below { () throws(AccelerationError) in try seal.apply() }
        try prove(seal, &record, staging)
        try below { () throws(FilesystemError) in try ToolsTrees.write(record, to: staging.directory) }
        if let old = try ToolsTrees(cache).newest(of: subject) {
            // Else they are compared anew.
            try? CompilerAgreements.take(
                to: staging.directory, from: store.path(of: old), tree: staging.tree)
        }
        let manifest = staging.directory.appending(ToolsTrees.manifest)
        try below { () throws(FilesystemError) in
            try ToolsTrees.write(added: added, to: staging.directory)
            try TreeManifest(of: staging.tree).write(to: manifest)
        }
    }

    /// Has the loader of every program find its libraries as in a run, in a root without any.
    private func prove(
        _ seal: ToolsSeal, _ record: inout ToolsRecord, _ staging: borrowing Staging
    ) throws(ProvisioningError) {
        let proof = try below { () throws(AccelerationError) in try seal.proof() }
        let (list, log) = (staging.directory.appending("list"), staging.directory.appending("proof"))
        let root = staging.directory.appending("empty")
        defer {
            if let directory = try? Directory.open(staging.directory) {
                for name: FilePath.Component in ["list", "proof"] { try? directory.unlink(name) }
                try? directory.removeTree("empty")
            }
        }
        try below { () throws(FilesystemError) in
            try AtomicFile.write(Array(proof.list.utf8), to: list)
            try root.makeDirectories()
        }
        let command = try TreeCommand(in: root, called: "tools", architecture: .host, caller: caller)
        let mounts = try below { () throws(AccelerationError) in try seal.mounts() }
        let steps = mounts.map {
            MountStep.bind(source: $0.source, target: $0.target, readOnly: true, optional: false)
        }
        let shell = AccelerationPlan.toolsDirectory.appending("bin/sh").string
        _ = try command.run([shell, "-c", LoaderProof.script], steps: steps, input: list, log: log)
        let output = try below { () throws(FilesystemError) in try log.readFile() }
        proof.complete(&record, with: String(decoding: output, as: UTF8.self), tree: staging.tree)
    }

    private func makeFromTarball(
        _ request: ToolsRequest, over old: InstalledPackages?
    ) async throws(ProvisioningError) {
        let creation = try creationRequest(request)
        let added = try added(request)
        if let old { announce(request, over: old) }
        let discovery = try below { () throws(CatalogueError) in try request.selection.tarball(mirror: request.mirror) }
        let base = try await fetcher(keyring: request.keyring).resolve(discovery)
        let verified = try await fetcher(keyring: request.keyring).obtain(base)
        let staging = try store.stage(creation.name)
        let isNewer: Bool
        do throws(ProvisioningError) {
            let record = try await fill(staging, creation, base, verified)
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
            return progress.warn("the tools tree for \(subject.title) has the base's programs only")
        }
        if upgrading { _ = try command.run(["apk", "upgrade"], log: log) }
        for package in try eligible(.apk, for: subject).union(added).sorted() {
            _ = try command.run(["apk", "add", "--", package], log: log)
        }
    }
}
