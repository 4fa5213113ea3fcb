// SPDX-License-Identifier: Apache-2.0

internal import Architectures
package import Catalogue
internal import Filesystem
internal import Integrity
internal import PackageArchive
internal import SystemPackage
internal import Transfer

/// A request for `create --locked`.
package struct LockedRequest: Sendable {
    package let lock: LockFile
    /// The release in the catalogue, for more places to look; nil if unknown.
    package let selection: BaseSelection?
    /// The archive to fetch from, given by the user.
    package let mirror: String?

    package init(_ lock: LockFile, selection: BaseSelection?, mirror: String?) {
        (self.lock, self.selection, self.mirror) = (lock, selection, mirror)
    }
}

/// Makes roots again from exactly the files in a lock file. No index or signature is requested: the digests decide.
extension Creation {
    package func create(
        _ request: CreationRequest, from locked: LockedRequest
    ) async throws(ProvisioningError) -> RootRecord {
        if locked.lock.tarball != nil { return try await create(request, from: try base(locked.lock)) }
        var request = request
        request.packages = locked.lock.requested
        try prepare(request)
        let tools = try beginTools(request)
        do throws(ProvisioningError) {
            try below { () throws(FilesystemError) in try cache.make() }
            let use = try below { () throws(FilesystemError) in try cache.useArchives() }
            defer { withExtendedLifetime(use.rawValue) {} }
            let client = archives
            let origin = ArchiveOrigin(locked.lock, digest: try locked.lock.digest())
            return try await make(request, origin, client, try archive(locked, client), tools)
        } catch {
            await tools.giveUp()
            throw error
        }
    }

    /// What `create` would do; nothing is fetched.
    package func plan(
        _ request: CreationRequest, from locked: LockedRequest
    ) throws(ProvisioningError) -> CreationPlan {
        guard let plan = locked.lock.plan else { return try self.plan(request, from: try base(locked.lock)) }
        try store.requireFree(request.name, replacing: request.replaces)
        var result = CreationPlan(
            name: request.name.description, distro: locked.lock.distro, release: locked.lock.release, version: nil,
            architecture: locked.lock.architecture, sources: plan.suites.map { "\($0.uri) \($0.name)" }, digest: nil,
            verification: .checksum, path: path(of: request), replaces: request.replaces,
            packages: locked.lock.requested)
        result.selected = plan.packages.map { "\($0.name)=\($0.version)" }
        return result
    }

    private func archive(
        _ locked: LockedRequest, _ client: ArchiveClient
    ) throws(ProvisioningError) -> ResolvedArchive {
        guard let plan = locked.lock.plan else { throw ProvisioningError(.notRepeatable(locked.lock.distro)) }
        let places = LockedPlaces(locked, host: locked.mirror == nil ? HostArchives.ofHost() : nil)
        var suites: [String: LockedSuite] = [:]
        for suite in plan.suites {
            var found = places.suite(suite, proxy: proxy)
            found.mirrors = found.mirrors.map(downloader.credentials.take)
            suites[suite.name] = found
        }
        do throws(PackageArchiveError) {
            return try client.locked(plan, in: suites)
        } catch {
            throw ProvisioningError(error)
        }
    }

    private func base(_ lock: LockFile) throws(ProvisioningError) -> Base {
        guard let tarball = lock.tarball else { throw ProvisioningError(.notRepeatable(lock.distro)) }
        let file = tarball.urls.first.flatMap { url in
            url.hasPrefix("file://") ? FilePath(String(url.dropFirst(7))) : nil
        }
        var base = Base(
            name: tarball.name,
            place: file.map { .local($0) } ?? .remote(urls: tarball.urls.map(downloader.credentials.take)),
            digest: Digest(lockedAs: tarball.digest), trust: Verification(how: .checksum, digest: tarball.digest))
        (base.distro, base.release, base.version) = (lock.distro, lock.release, lock.version)
        (base.codename, base.architecture) = (lock.codename, Architecture(rawValue: lock.architecture))
        base.lock = lock
        // A later refresh looks for a newer one.
        if file == nil { base.origin = RootOrigin(.tarball) }
        return base
    }

    /// Writes it beside the record of the root that is being made.
    func keep(_ lock: LockFile, in directory: FilePath) throws(ProvisioningError) {
        try below { () throws(FilesystemError) in
            try Directory.open(directory).replaceFile(LockFile.name, with: lock.encoded())
        }
    }
}

/// Where to look for the packages of a lock file.
struct LockedPlaces {
    private let locked: LockedRequest
    private let host: HostArchives?
    private let now: SnapshotMoment

    init(_ locked: LockedRequest, host: HostArchives?, now: SnapshotMoment = .now) {
        (self.locked, self.host, self.now) = (locked, host, now)
    }

    /// Mirrors first, because a package may still be there, then snapshot services.
    func suite(_ suite: BootstrapPlan.Suite, proxy: Proxy) -> LockedSuite {
        var mirrors: [String] = []
        var result = LockedSuite(mirrors: [], proxy: proxy)
        let isSecurity = suite.name.hasSuffix("-security") || suite.name.hasSuffix("/updates")
        let architecture = Architecture(rawValue: locked.lock.architecture) ?? .host
        if let own = host?.mirror(distro: locked.lock.distro, architecture: architecture, security: isSecurity) {
            mirrors.append(own.uri)
            if case .environment = proxy { result.proxy = own.proxy }
        }
        if locked.mirror == nil, locked.lock.snapshot == nil { mirrors.append(suite.uri) }
        mirrors += repository(of: suite, at: nil, locked.mirror)?.mirrors ?? locked.mirror.map { [$0] } ?? []
        if let moment = moment(of: suite) {
            // The given one's, and the distribution's own service.
            for mirror in locked.mirror == nil ? [nil] : [locked.mirror, nil] {
                mirrors += repository(of: suite, at: moment, mirror)?.mirrors ?? []
            }
        }
        if locked.mirror == nil, locked.lock.snapshot != nil { mirrors.append(suite.uri) }
        for mirror in mirrors where !result.mirrors.contains(mirror) { result.mirrors.append(mirror) }
        return result
    }

    /// The moment of a snapshot that contains the files in a Release file: the service takes some snapshots a day, and
    /// the archive keeps unlisted files for longer than that. nil if there is none yet.
    private func moment(of suite: BootstrapPlan.Suite) -> SnapshotMoment? {
        if let snapshot = locked.lock.snapshot { return SnapshotMoment(snapshot) }
        guard let date = suite.date else { return nil }
        let moment = SnapshotMoment(seconds: max(0, date) + 12 * 3600)
        return moment <= now ? moment : nil
    }

    private func repository(
        of suite: BootstrapPlan.Suite, at moment: SnapshotMoment?, _ mirror: String?
    ) -> ArchiveRepository? {
        guard var selection = locked.selection else { return nil }
        selection.snapshot = moment
        return (try? selection.archive(mirror: mirror))?.repositories.first { $0.suite == suite.name }
    }
}
