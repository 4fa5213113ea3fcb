// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Catalogue
internal import Failures
internal import Filesystem
internal import Glibc
internal import Integrity
internal import PackageArchive
internal import SystemPackage
internal import Terminal
internal import Transfer

extension Creation {
    /// Makes a root from a package archive: decides on the packages, fetches and unpacks them at the same time, and
    /// configures them in the root.
    package func create(
        _ request: CreationRequest, from bootstrap: BootstrapRequest
    ) async throws(ProvisioningError) -> RootRecord {
        try prepare(request)
        let tools = try beginTools(request)
        do throws(ProvisioningError) {
            return try await create(request, bootstrap, tools)
        } catch {
            await tools.giveUp()
            throw error
        }
    }

    private func create(
        _ request: CreationRequest, _ bootstrap: BootstrapRequest, _ tools: ToolsInTheMaking
    ) async throws(ProvisioningError) -> RootRecord {
        try below { () throws(FilesystemError) in try cache.make() }
        let use = try below { () throws(FilesystemError) in try cache.useArchives() }
        defer { withExtendedLifetime(use.rawValue) {} }
        let client = archives
        let archive = try await resolve(request, bootstrap, client)
        do throws(ProvisioningError) {
            return try await make(request, ArchiveOrigin(bootstrap), client, archive, tools)
        } catch let error where error.isTransient {
            // The mirror was being updated: its files may be consistent now.
            let archive = try await resolve(request, bootstrap, client)
            return try await make(request, ArchiveOrigin(bootstrap), client, archive, tools)
        }
    }

    func make(
        _ request: CreationRequest, _ origin: ArchiveOrigin, _ client: ArchiveClient, _ archive: ResolvedArchive,
        _ tools: ToolsInTheMaking
    ) async throws(ProvisioningError) -> RootRecord {
        let staging = try stage(request)
        do throws(ProvisioningError) {
            let configuration = try await unpack(archive, with: client, into: staging.tree)
            let request = try await tools.ready(progress)
            let versions = Dictionary(
                archive.plan.packages.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
            await refreshTools(request, for: versions)
            let record = try complete(staging, request, origin, archive.plan, configuration)
            try keep(LockFile(archive.plan, origin, requested: request.packages), in: staging.directory)
            try survey(staging, RootOrigin(archive), request)
            try await finish(staging, record, request)
        } catch {
            progress.end()
            let failure = keepingLog(of: staging.directory, request.name, error)
            try? staging.discard(using: workers)
            throw failure
        }
        return try store.find(request.name.description)
    }

    /// Keeps the log of package configuration if the root is not completed.
    private func keepingLog(
        of directory: FilePath, _ name: RootName, _ error: ProvisioningError
    ) -> ProvisioningError {
        guard case .configuring(let reason, _) = error.kind,
            let bytes = try? directory.appending("log").readFile(limit: 64 << 20),
            (try? cache.logs.makeDirectories()) != nil
        else { return error }
        let log = cache.logs.appending("\(name).log")
        guard (try? AtomicFile.write(bytes, to: log)) != nil else { return error }
        return ProvisioningError(.configuring(reason: reason, log: log))
    }

    /// Fetches and unpacks at the same time.
    func unpack(
        _ archive: ResolvedArchive, with client: ArchiveClient, into tree: FilePath
    ) async throws(ProvisioningError) -> ConfigurationPlan {
        let plan = archive.plan
        var feed = try below { () throws(FilesystemError) in try Pipe() }
        let request = WorkerRequest.bootstrap(
            .init(plan: plan, tree: tree.string, ownership: ownership, feed: feed.reader.rawValue))
        let workers = workers
        let unpacked = Task {
            await BlockingThread.run { () -> Result<WorkerReply, ProvisioningError> in
                do throws(ProvisioningError) {
                    return .success(try workers.perform(request))
                } catch {
                    return .failure(error)
                }
            }
        }
        progress.begin("fetching and unpacking \(counted(plan.packages.count, "package"))", total: plan.size)
        let writer = feed.writerValue
        let failure: PackageArchiveError?
        do throws(PackageArchiveError) {
            try await client.fetch(archive) { [progress] in
                progress.advance(to: $0.bytes, total: $0.total)
            } ready: { index in
                var number = UInt32(index)
                _ = unsafe write(writer, &number, 4)
            }
            failure = nil
        } catch {
            failure = error
        }
        // This is how the worker learns of missing packages.
        feed.closeWriter()
        let result = await unpacked.value
        withExtendedLifetime(feed.reader.rawValue) {}
        progress.end()
        if let failure { throw ProvisioningError(failure) }
        guard case .bootstrapped(let configuration) = try result.get() else {
            throw ProvisioningError(.worker("unexpected reply"))
        }
        return configuration
    }

    private func complete(
        _ staging: borrowing Staging, _ request: CreationRequest, _ origin: ArchiveOrigin, _ plan: BootstrapPlan,
        _ configuration: ConfigurationPlan
    ) throws(ProvisioningError) -> RootRecord {
        let tree = staging.tree
        let original = try below { () throws(FilesystemError) in
            try ResolvConf.prepare(in: try Directory.open(tree))
        }
        let hosts = try below { () throws(FilesystemError) in
            try EtcHosts.prepare(in: try Directory.open(tree), name: request.name.description)
        }
        let command = try command(
            in: staging,
            of: .init(distro: origin.distro, release: origin.release, architecture: origin.architecture), request)
        try PackageConfiguration(plan: configuration, command: command, log: staging.directory.appending("log"))
            .perform(in: tree, progress)
        let credentials = AptCredentials(for: plan.sources, in: downloader.credentials)
        if request.keepsCredentials, !credentials.uris.isEmpty {
            try credentials.write(to: try below { () throws(FilesystemError) in try Directory.open(tree) })
        } else if let uri = credentials.uris.first {
            progress.say("\(uri) requires a password that the root's apt does not have; --keep-credentials stores it")
        }
        var verified = try below { () throws(IntegrityError) in try Verification(plan) }
        if origin.lock != nil { verified.becomeChecksum() }
        var record = RootRecord(
            name: request.name, distro: origin.distro, release: origin.release,
            version: version(of: tree) ?? origin.release, codename: origin.codename,
            architecture: origin.architecture.rawValue, path: tree, created: RootRecord.now, verified: verified,
            source: plan.suites.first.map { "\($0.uri) \($0.name)" } ?? "", ownership: ownership)
        record.packages = request.packages
        (record.resolvConf, record.hosts) = (original, hosts)
        record.acceleration = request.acceleration.extent.rawValue
        record.allowances = request.allowances.recorded
        record.sourceDate = plan.suites.compactMap(\.date).max().map { RecordTime.text($0) }
        (record.snapshot, record.lock) = (origin.snapshot, origin.lock)
        return record
    }

    /// Debian's point release.
    func version(of tree: FilePath) -> String? {
        guard let etc = try? Directory.open(tree).openDirectory("etc"),
            let bytes = try? etc.readFile("debian_version", limit: 4096)
        else { return nil }
        let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        // Before a release it is "trixie/sid"; Ubuntu has Debian's there as well.
        return text.first?.isNumber == true ? text : nil
    }
}

extension ProvisioningError {
    /// Whether another attempt may succeed.
    fileprivate var isTransient: Bool {
        if case .below(let failure as PackageArchiveError) = kind { failure.isTransient } else { false }
    }
}

extension Verification {
    /// For packages: the digest of the list of their digests, in the plan's order.
    init(_ plan: BootstrapPlan) throws(IntegrityError) {
        let list = plan.packages.map { "\($0.sha256)  \($0.name)=\($0.version)\n" }.joined()
        self.init(
            how: .signature, digest: try Digest.of(Array(list.utf8)).description,
            fingerprint: plan.suites.first?.fingerprint, signedBy: plan.suites.first?.signedBy,
            urls: plan.suites.map(\.url))
    }
}
