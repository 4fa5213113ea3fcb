// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import Catalogue
internal import Failures
internal import Filesystem
internal import Glibc
internal import Images
internal import Integrity
internal import PackageArchive
internal import SystemPackage
internal import Terminal
internal import Transfer

/// Checks upstream for something newer than a root. Writes only to the cache; each document is requested once for all
/// roots (`DocumentCache`).
extension Refresher {
    package func look(_ name: String) async throws(ProvisioningError) -> RefreshFinding {
        let record = try creation.store.find(name)
        guard record.removedInPart != true else { throw ProvisioningError(.remainsOnly(record.name)) }
        let directory = creation.store.path(of: record.name)
        let origin = RootOrigin.read(in: directory) ?? RootOrigin(guessing: record)
        func finding(_ plan: RefreshFinding.Plan) -> RefreshFinding {
            RefreshFinding(record: record, origin: origin, plan: plan)
        }
        if let version = origin.pointRelease {
            return finding(.held("created as point release \(version)"))
        }
        guard origin.kind != .file else {
            return finding(.held("made from your own tarball, \(record.source)"))
        }
        guard origin.kind != .directory else {
            return finding(.held("copied from your own directory, \(record.source)"))
        }
        if origin.kind == .image { return finding(try await lookAtImage(record)) }
        if let moment = record.snapshot { return finding(.held("pinned to the archive of \(moment)")) }
        let selection = try below { () throws(CatalogueError) in
            try catalogue.select(
                "\(record.distro):\(record.release)",
                architecture: try Catalogue.architecture(record.architecture))
        }
        let mirror = (request.mirror ?? origin.mirror ?? mirror(selection)).map(creation.bare)
        var plan: RefreshFinding.Plan
        if origin.kind == .archive {
            plan = try await lookAtArchive(selection, mirror, record, origin)
        } else {
            plan = try await lookAtTarball(selection, mirror, record, origin)
            if case .nothing(let indices) = plan, !record.packages.isEmpty {
                plan = try await lookAtPackages(record, origin, or: indices)
            }
        }
        if let rejected = origin.rejected, rejected.covers(plan) {
            return finding(.held("rolled back from generation \(rejected.generation); nothing newer yet"))
        }
        return finding(plan)
    }

    /// Fetches the image if the name refers to another one by now.
    private func lookAtImage(_ record: RootRecord) async throws(ProvisioningError) -> RefreshFinding.Plan {
        guard let reference = record.image?.reference, let architecture = Architecture(record.architecture) else {
            throw ProvisioningError(.remainsOnly(record.name))
        }
        let source = try below { () throws(ImageError) in try ImageSource(reference, relativeTo: "/") }
        guard let source, source.pinnedDigest == nil else { return .held("made from \(reference), which is pinned") }
        let base = Base(source, for: architecture)
        let found = try await creation.fetcher(keyring: nil).obtain(base)
        return found.verification.digest == record.verified.digest ? .nothing(indices: nil) : .base(base)
    }

    private func lookAtTarball(
        _ selection: BaseSelection, _ mirror: String?, _ record: RootRecord, _ origin: RootOrigin
    ) async throws(ProvisioningError) -> RefreshFinding.Plan {
        let discovery = try below { () throws(CatalogueError) in try selection.tarball(mirror: mirror) }
        let fetcher = creation.fetcher(keyring: keyring(origin))
        if let document = discovery.index {
            let urls = document.urls.map(creation.bare)
            let found = try await fetcher.fetch(urls, limit: 16 << 20)
            let index = try below { () throws(IntegrityError) in try RootOrigin.Index(found) }
            if origin.index(index.name)?.sha256 == index.sha256 { return .nothing(indices: nil) }
        }
        let base = try await fetcher.resolve(discovery)
        let indices = base.origin?.indices ?? []
        if let old = VersionNumber(record.version), let new = base.version.flatMap(VersionNumber.init), new < old {
            throw ProvisioningError(.olderUpstream(record.name, base.name, has: new.text, had: old.text))
        }
        if let digest = base.digest {
            let isSame =
                digest.algorithm == .sha256
                ? digest.description == record.verified.digest : base.version == record.version
            return isSame ? .nothing(indices: indices) : .base(base)
        }
        // Without an index, the file is requested, and sent only if it has changed.
        let verified = try await fetcher.obtain(base)
        return verified.verification.digest == record.verified.digest ? .nothing(indices: nil) : .base(base)
    }

    private func lookAtArchive(
        _ selection: BaseSelection, _ mirror: String?, _ record: RootRecord, _ origin: RootOrigin
    ) async throws(ProvisioningError) -> RefreshFinding.Plan {
        var bootstrap = BootstrapRequest(
            base: try below { () throws(CatalogueError) in try selection.archive(mirror: mirror) })
        bootstrap.mirror = mirror
        bootstrap.variant = origin.variant ?? .minbase
        let allowances = record.allowances ?? SourceAllowances()
        if try await isUnchanged(creation.suites(allowances, bootstrap), origin) { return .nothing(indices: nil) }
        let tree = FilePath(record.path)
        let installed = try? InstalledPackages(of: Directory.open(tree))
        guard let installed, installed.manager == .dpkg else {
            return .held("it has no dpkg database")
        }
        // Held by `apt-mark hold`, or by a requested version.
        let held = Set(installed.names.filter { installed[$0]?.isHeld == true })
            .union(record.packages.filter { $0.contains("=") }.map { String($0.prefix { $0 != "=" }) })
        bootstrap.installed = installed.names.filter { !held.contains($0) }
        var wanted = CreationRequest(name: record.name)
        (wanted.keyring, wanted.allowances) = (keyring(origin), allowances)
        let archive = try await creation.resolve(wanted, bootstrap, creation.archives)
        try requireNewer(archive.plan, record, origin)
        let indices = archive.plan.suites.map(RootOrigin.Index.init)
        let changes = archive.plan.packages.compactMap { package -> PackageChange? in
            guard !held.contains(package.name) else { return nil }
            let own = installed[package.name]?.version
            if let own, PackageVersion(own) >= PackageVersion(package.version) { return nil }
            return PackageChange(name: package.name, from: own, to: package.version)
        }
        guard !changes.isEmpty else { return .nothing(indices: indices) }
        return .packages(archive, changes, indices: indices, ArchiveOrigin(bootstrap))
    }

    /// For roots that were made from a tarball and given packages.
    private func lookAtPackages(
        _ record: RootRecord, _ origin: RootOrigin, or indices: [RootOrigin.Index]?
    ) async throws(ProvisioningError) -> RefreshFinding.Plan {
        let tree = FilePath(record.path)
        guard
            let manager = try below({ () throws(FilesystemError) in try PackageManager.find(in: Directory.open(tree)) }
            ),
            let urls = manager.indices(in: tree), !urls.isEmpty
        else { return .nothing(indices: indices) }
        var found = indices ?? origin.indices.filter { $0.name == RootOrigin.Index.tarball }
        var isNew = false
        for url in urls {
            let document = try await creation.fetcher(keyring: nil).fetch([url], limit: 64 << 20)
            var index = try below { () throws(IntegrityError) in try RootOrigin.Index(document) }
            index.name = url
            isNew = isNew || origin.index(url)?.sha256 != index.sha256
            found.append(index)
        }
        guard isNew else { return .nothing(indices: indices) }
        return .upgrade(manager, indices: found)
    }

    private func isUnchanged(
        _ suites: [ArchiveRequest.Suite], _ origin: RootOrigin
    ) async throws(ProvisioningError) -> Bool {
        let client = creation.archives
        do throws(PackageArchiveError) {
            for suite in suites where !suite.isSkipped && !origin.absent.contains(suite.name) {
                let state = try await client.state(of: suite)
                guard let state, origin.index(suite.name)?.sha256 == state.sha256 else { return false }
            }
            return true
        } catch {
            throw ProvisioningError(error)
        }
    }

    /// A mirror must not be able to take a root back to an older state.
    private func requireNewer(
        _ plan: BootstrapPlan, _ record: RootRecord, _ origin: RootOrigin
    ) throws(ProvisioningError) {
        let now = Int64(time(nil))
        for suite in plan.suites {
            guard let date = suite.date else { continue }
            if let old = origin.index(suite.name)?.date, date < old {
                throw ProvisioningError(
                    .olderUpstream(record.name, suite.url, has: RecordTime.text(date), had: RecordTime.text(old)))
            }
            if date > now + 86_400 {
                creation.progress.warn(
                    "\(suite.url) is dated \(RecordTime.text(date)), in the future: is this machine's clock right?"
                )
            }
        }
    }

    func keyring(_ origin: RootOrigin) -> FilePath? { request.keyring ?? origin.keyring.map { FilePath($0) } }
}
