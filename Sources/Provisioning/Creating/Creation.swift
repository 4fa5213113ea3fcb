// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import Extraction
internal import Failures
internal import Filesystem
internal import Images
package import PackageArchive
internal import Sandbox
package import SystemPackage
package import Terminal
package import Transfer

/// Makes roots: fetches and verifies a base, unpacks it in a staging directory, completes it, and publishes it under
/// its name.
package struct Creation: Sendable {
    let store: RootStore
    let cache: Cache
    let downloader: Downloader
    let proxy: Proxy
    let workers: any NamespacePerforming
    let caller: Caller
    let cpu: String?
    let progress: Progress
    /// Lists and Release files; nil: each is fetched anew, and nothing can be made without a network.
    let documents: DocumentCache?
    /// The shared cache to pull tools trees from before making them.
    let shared: SharedCache?

    /// - Parameters:
    ///   - caller: as whom the tree is made, and packages are installed.
    ///   - cpu: the emulated one; nil: chosen.
    package init(
        store: RootStore, cache: Cache, downloader: Downloader, proxy: Proxy, workers: any NamespacePerforming,
        caller: Caller, cpu: String?, progress: Progress, documents: DocumentCache? = nil,
        shared: SharedCache? = nil
    ) {
        self.store = store
        self.cache = cache
        self.downloader = downloader
        self.proxy = proxy
        self.workers = workers
        self.caller = caller
        self.cpu = cpu
        self.progress = progress
        self.documents = documents
        self.shared = shared
    }

    var archives: ArchiveClient {
        ArchiveClient(downloader: downloader, cache: cache.archives, documents: documents)
    }

    /// A URL from the user, without its credentials, which are kept separately for requests only.
    package func bare(_ url: String) -> String { downloader.credentials.take(from: url) }

    package func fetcher(keyring: FilePath?) -> BaseFetcher {
        BaseFetcher(
            cache: cache, downloader: downloader, proxy: proxy, keyring: keyring, progress: progress,
            documents: documents, images: images)
    }

    var images: ImageStore { ImageStore(cache.images, environment: caller.environment) }

    /// Makes the root; on failure only downloads remain.
    package func create(_ request: CreationRequest, from base: Base) async throws(ProvisioningError) -> RootRecord {
        try prepare(request)
        try admit(base, request)
        if base.directory != nil {
            guard !request.requiresSignature else { throw ProvisioningError(.notSigned(base.title)) }
            progress.say("\(base.title): a directory has no signature or digest; recorded as unverified")
        } else if !base.isSigned, base.lock == nil, base.image == nil {
            guard !request.requiresSignature else { throw ProvisioningError(.notSigned(base.name)) }
            progress.warn(
                base.digest == nil
                    ? "\(base.name): no signature or checksum is published; recorded as unverified"
                    : "\(base.name): no signature is published; recorded as unsigned")
        }
        let tools = try beginTools(request)
        do throws(ProvisioningError) {
            let verified = try await fetcher(keyring: request.keyring).obtain(base)
            if base.image != nil, verified.verification.how != .signature {
                guard !request.requiresSignature else {
                    throw ProvisioningError(ImageError(.signatureNotRequired, base.name))
                }
                progress.say("\(base.name): no signature is required; recorded as unsigned")
            }
            return try await make(request, base, verified, tools)
        } catch {
            await tools.giveUp()
            throw error
        }
    }

    private func make(
        _ request: CreationRequest, _ base: Base, _ verified: VerifiedBase, _ tools: ToolsInTheMaking
    ) async throws(ProvisioningError) -> RootRecord {
        let staging = try stage(request)
        do throws(ProvisioningError) {
            let unpacked = try unpack(base, verified, in: staging, request)
            let request = try await tools.ready(progress)
            let origin = base.origin ?? RootOrigin(.file)
            let before = try request.refresh?.carryAccounts(to: staging.tree, in: staging.directory, using: workers)
            let record = try await complete(unpacked, in: staging, request)
            try survey(staging, origin, request)
            try before?.keep(in: staging.directory)
            try await carryOver(to: staging, record, request)
            // Nothing recorded what a package manager fetched from the network, or what was in a directory.
            if request.packages.isEmpty, base.image == nil, base.directory == nil {
                try keep(base.lock ?? LockFile(base, verified.verification, record), in: staging.directory)
            }
            try await finish(staging, record, request)
        } catch {
            progress.end()
            try? staging.discard(using: workers)
            throw error
        }
        return try store.find(request.name.description)
    }

    /// Checks that would otherwise fail after a download.
    func prepare(_ request: CreationRequest) throws(ProvisioningError) {
        for failure in store.sweep(using: workers) { progress.warn(failure.problem) }
        guard request.refresh == nil else { return }
        try store.requireFree(request.name, replacing: request.replaces)
    }

    /// A command in the tree that is being made in `staging`.
    func command(
        in staging: borrowing Staging, of subject: ToolsTrees.Subject, _ request: CreationRequest
    ) throws(ProvisioningError) -> AcceleratedCommand {
        AcceleratedCommand(
            command: try TreeCommand(
                in: staging.tree, called: request.name.description, architecture: subject.architecture,
                caller: caller, cpu: cpu),
            accelerator: accelerator(request, subject), directory: staging.directory)
    }

    /// nil if nothing is accelerated.
    func accelerator(_ request: CreationRequest, _ subject: ToolsTrees.Subject) -> Accelerator? {
        Accelerator(request.acceleration, for: subject, tools: tools, changes: request.accelerationChanges)
    }

    /// Compares the root's compilers with the tools tree's, so that runs need not wait. Meanwhile the unpacked files
    /// are flushed to disk.
    func compareCompilers(
        in staging: borrowing Staging, _ record: RootRecord, _ request: CreationRequest
    ) async throws(ProvisioningError) {
        guard let subject = ToolsTrees.Subject(record), let accelerator = accelerator(request, subject),
            try accelerator.compilers(of: staging.tree) == .unknown
        else { return }
        progress.begin("comparing the compilers with the tools tree's")
        let tree = staging.tree
        let writing = Task.detached { try? Directory.open(tree).synchronizeFileSystem() }
        do throws(ProvisioningError) {
            _ = try accelerator.compareCompilers(in: tree, keptIn: staging.directory, caller: caller) { _ in }
        } catch {
            // Later runs will do it.
            guard !request.acceleration.isRequired else { throw error }
        }
        await writing.value
        progress.end()
    }

    /// With one id only, everything has to belong to it.
    var ownership: RootRecord.Ownership { caller.identity.isSingle ? .caller : .archive }

    /// Installs the packages that were asked for.
    private func complete(
        _ record: RootRecord, in staging: borrowing Staging, _ request: CreationRequest
    ) async throws(ProvisioningError) -> RootRecord {
        var record = record
        let tree = staging.tree
        if !request.packages.isEmpty {
            if let installed = try? InstalledPackages(of: Directory.open(tree)) {
                await refreshTools(request, for: installed.versions)
            }
            progress.begin("installing \(request.packages.joined(separator: " "))")
            let command = try command(
                in: staging,
                of: .init(emulating: record), request)
            try PackageInstallation(command: command, log: staging.directory.appending("log"))
                .install(request.packages, in: tree)
            progress.end()
            record.packages = request.packages
        }
        record.acceleration = request.acceleration.extent.rawValue
        record.allowances = request.allowances.recorded
        return record
    }
}
