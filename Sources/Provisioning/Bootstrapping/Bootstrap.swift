// SPDX-License-Identifier: Apache-2.0

internal import Architectures
package import Catalogue
internal import Failures
internal import Filesystem
internal import Glibc
internal import Integrity
package import PackageArchive
internal import SystemPackage
internal import Terminal
internal import Transfer

/// What a root is to be made of, out of a signed archive of packages.
package struct BootstrapRequest: Sendable {
    package let base: ArchiveBase
    /// How much it holds besides the packages asked for.
    package var variant = Variant.minbase
    /// The archive to fetch from, given by the user; nil: the one this machine's apt uses, else the distro's own.
    package var mirror: String?
    /// Nothing but these and what they need, as far as the archive has them: for a tools tree.
    var tools: [String]?
    /// That tree's roots are of this architecture.
    var toolsTarget: Architecture?
    /// Release files past their Valid-Until are taken.
    package var allowsExpired = false
    /// Suites of additions that no package is to be taken from.
    package var skippedSuites: [String] = []

    package init(base: ArchiveBase) {
        self.base = base
    }
}

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
        try below { () throws(FilesystemError) in try cache.directory.makeDirectories() }
        let use = try below { () throws(FilesystemError) in try cache.useArchives() }
        defer { withExtendedLifetime(use.rawValue) {} }
        let client = ArchiveClient(downloader: downloader, cache: cache.archives)
        let archive = try await resolve(request, bootstrap, client)
        do throws(ProvisioningError) {
            return try await make(request, bootstrap, client, archive, tools)
        } catch let error where error.isPassing {
            // The mirror was in the middle of an update: its files may fit each other now.
            return try await make(request, bootstrap, client, try await resolve(request, bootstrap, client), tools)
        }
    }

    private func make(
        _ request: CreationRequest, _ bootstrap: BootstrapRequest, _ client: ArchiveClient, _ archive: ResolvedArchive,
        _ tools: ToolsInTheMaking
    ) async throws(ProvisioningError) -> RootRecord {
        let staging = try store.stage(request.name, at: request.directory, replacing: request.replaces)
        do throws(ProvisioningError) {
            let configuration = try await unpack(archive, with: client, into: staging.tree)
            let request = try await tools.ready(progress)
            let versions = Dictionary(
                archive.plan.packages.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
            await refreshTools(request) { versions[$0] }
            let record = try complete(staging, request, bootstrap, archive.plan, configuration)
            try await compareCompilers(in: staging, record, request)
            _ = AccelerationNote.keep(request.reasonForNoTools, in: staging.directory)
            try publish(staging, record)
        } catch {
            progress.end()
            let failure = keepingLog(of: staging.directory, request.name, error)
            try? staging.discard(using: workers)
            throw failure
        }
        return try store.find(request.name.description)
    }

    /// What was said while packages were configured outlives the root that did not come of it.
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

    /// What the root will be made of; nothing but indices is fetched.
    package func resolve(
        _ request: CreationRequest, _ bootstrap: BootstrapRequest
    ) async throws(ProvisioningError) -> BootstrapPlan {
        try store.requireFree(request.name, replacing: request.replaces)
        try below { () throws(FilesystemError) in try cache.directory.makeDirectories() }
        return try await resolve(request, bootstrap, ArchiveClient(downloader: downloader, cache: cache.archives)).plan
    }

    func resolve(
        _ request: CreationRequest, _ bootstrap: BootstrapRequest, _ client: ArchiveClient
    ) async throws(ProvisioningError) -> ResolvedArchive {
        let base = bootstrap.base
        try requireKnown(bootstrap.skippedSuites, base)
        progress.begin("reading the archive of \(base.selection.name)")
        defer { progress.end() }
        let verifier = SignatureVerifier(
            pinned: base.trust.fingerprints, keys: try await fetcher(keyring: request.keyring).keys(base.trust))
        let host = bootstrap.mirror == nil ? HostArchives.ofHost() : nil
        var wanted = ArchiveRequest(
            architecture: base.selection.architecture,
            suites: base.repositories.enumerated().map {
                suite(of: $0.element, isFirst: $0.offset == 0, bootstrap, host)
            },
            verifier: verifier)
        if let first = base.repositories.first {
            // What the user names may be in any component; what a root consists of is in few.
            let isPlain = request.packages.isEmpty && bootstrap.tools == nil
            wanted.components = isPlain ? first.components : first.enabledComponents
            wanted.enabledComponents = first.enabledComponents
        }
        wanted.variant = bootstrap.variant
        wanted.packages = request.packages
        wanted.isBare = bootstrap.tools != nil
        wanted.optionalPackages = bootstrap.tools ?? []
        if let target = bootstrap.toolsTarget {
            wanted.packagesLeftOut = ToolsTreeReach.packages
            wanted.filesLeftOut = ToolsTreeReach.files(target)
        }
        do throws(PackageArchiveError) {
            let archive = try await client.resolve(wanted)
            for suite in archive.leftOut { progress.warn("\(suite.suite) is left out: \(suite.reason)") }
            for choice in archive.freeChoices where bootstrap.tools == nil {
                progress.warn("\(choice.name): \(choice.taken) taken of \(choice.others.joined(separator: ", "))")
            }
            return archive
        } catch {
            throw ProvisioningError(error)
        }
    }

    private func requireKnown(_ skipped: [String], _ base: ArchiveBase) throws(ProvisioningError) {
        let additions = base.repositories.dropFirst().map(\.suite)
        guard let name = skipped.first(where: { !additions.contains($0) }) else { return }
        throw ProvisioningError(.noSuchSuite(name, of: base.selection.name, additions: additions))
    }

    private func suite(
        of repository: ArchiveRepository, isFirst: Bool, _ bootstrap: BootstrapRequest, _ host: HostArchives?
    ) -> ArchiveRequest.Suite {
        let base = bootstrap.base
        var suite = ArchiveRequest.Suite(repository.suite, mirrors: repository.mirrors, isOptional: !isFirst)
        suite.proxy = proxy
        suite.checksValidUntil = !base.allowsExpired && !bootstrap.allowsExpired
        suite.isSkipped = bootstrap.skippedSuites.contains(repository.suite)
        let isSecurity = repository.suite.hasSuffix("-security") || repository.suite.hasSuffix("/updates")
        guard
            let mirror = host?.mirror(
                distro: base.selection.distro.name, architecture: base.selection.architecture, security: isSecurity)
        else { return suite }
        suite.mirrors = [mirror.uri] + suite.mirrors.filter { $0 != mirror.uri }
        suite.rootURI = mirror.uri
        if case .environment = proxy { suite.proxy = mirror.proxy }
        suite.checksValidUntil = suite.checksValidUntil && mirror.checksValidUntil
        return suite
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
        progress.begin("fetching and unpacking \(plan.packages.count) packages", total: plan.size)
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
        // Where packages are missing, this is how the worker learns of it.
        feed.closeWriter()
        let result = await unpacked.value
        withExtendedLifetime(feed.reader.rawValue) {}
        progress.end()
        if let failure { throw ProvisioningError(failure) }
        guard case .bootstrapped(let configuration) = try result.get() else {
            throw ProvisioningError(.worker("it gave another answer"))
        }
        return configuration
    }

    private func complete(
        _ staging: borrowing Staging, _ request: CreationRequest, _ bootstrap: BootstrapRequest, _ plan: BootstrapPlan,
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
            of: .init(
                distro: bootstrap.base.selection.distro.name, release: bootstrap.base.selection.release.number,
                architecture: bootstrap.base.selection.architecture), request)
        try PackageConfiguration(plan: configuration, command: command, log: staging.directory.appending("log"))
            .perform(in: tree, progress)
        let selection = bootstrap.base.selection
        var record = RootRecord(
            name: request.name, distro: selection.distro.name, release: selection.release.number,
            version: version(of: tree) ?? selection.release.number, codename: selection.release.codename,
            architecture: selection.architecture.rawValue, path: tree, created: RootRecord.now,
            verified: try below { () throws(IntegrityError) in try Verification(plan) },
            source: plan.suites.first.map { "\($0.uri) \($0.name)" } ?? "", ownership: ownership)
        record.packages = request.packages
        (record.resolvConf, record.hosts) = (original, hosts)
        record.acceleration = request.acceleration.extent.rawValue
        return record
    }

    /// Debian's point release.
    private func version(of tree: FilePath) -> String? {
        guard let etc = try? Directory.open(tree).openDirectory("etc"),
            let bytes = try? etc.readFile("debian_version", limit: 4096)
        else { return nil }
        let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        // Before a release it is "trixie/sid"; Ubuntu has Debian's there as well.
        return text.first?.isNumber == true ? text : nil
    }
}

extension ProvisioningError {
    /// Another attempt may find an archive otherwise.
    fileprivate var isPassing: Bool {
        if case .below(let failure as PackageArchiveError) = kind { failure.isPassing } else { false }
    }
}

extension Verification {
    /// Of packages: the digest is that of the list of theirs, in the order of the plan.
    init(_ plan: BootstrapPlan) throws(IntegrityError) {
        let list = plan.packages.map { "\($0.sha256)  \($0.name)=\($0.version)\n" }.joined()
        self.init(
            how: .signature, digest: try Digest.of(Array(list.utf8)).description,
            fingerprint: plan.suites.first?.fingerprint, signedBy: plan.suites.first?.signedBy,
            urls: plan.suites.map(\.url))
    }
}
