// SPDX-License-Identifier: Apache-2.0

package import Catalogue
internal import Failures
internal import Filesystem
internal import PackageArchive
internal import Sandbox
package import SystemPackage
internal import Terminal

/// A request for `refresh`.
package struct RefreshRequest: Sendable {
    /// Earlier generations to keep.
    package var keep = 1
    /// Discards changes that cannot be carried over.
    package var discardsChanges = false
    /// For all roots, instead of those that each was made with.
    package var mirror: String?
    package var keyring: FilePath?
    package var acceleration = AccelerationChoice()

    package init() {}
}

/// Updates roots.
package struct Refresher: Sendable {
    let creation: Creation
    let catalogue: Catalogue
    let request: RefreshRequest
    /// The configured mirror of a distro; nil: its own.
    let mirror: @Sendable (BaseSelection) -> String?
    /// For the tools tree of a root.
    let tools: @Sendable (RootRecord, CreationRequest) -> ToolsRequest?

    package init(
        _ creation: Creation, _ catalogue: Catalogue, _ request: RefreshRequest,
        mirror: @escaping @Sendable (BaseSelection) -> String?,
        tools: @escaping @Sendable (RootRecord, CreationRequest) -> ToolsRequest?
    ) {
        (self.creation, self.catalogue, self.request) = (creation, catalogue, request)
        (self.mirror, self.tools) = (mirror, tools)
    }

    /// Performs `finding`.
    package func perform(_ finding: RefreshFinding) async throws(ProvisioningError) -> RefreshOutcome {
        switch finding.plan {
        case .held: return RefreshOutcome(finding, .held)
        case .nothing(let indices):
            if let indices { try note(indices, of: finding) }
            return RefreshOutcome(finding, .unchanged)
        case .base(let base): return try await makeGeneration(finding, from: base)
        case .packages, .upgrade: return try await upgrade(finding)
        }
    }

    /// Records that these have nothing newer. If the user may not write there, the indices are requested again next
    /// time.
    func note(_ indices: [RootOrigin.Index], of finding: RefreshFinding) throws(ProvisioningError) {
        var origin = finding.origin
        origin.indices = indices
        let directory = creation.store.path(of: finding.record.name)
        try below { () throws(FilesystemError) in try origin.write(in: directory) }
    }

    /// Begins the change of a root, if it still is as `finding` describes.
    func beginChange(_ finding: RefreshFinding) throws(ProvisioningError) -> RootChange {
        let change = try creation.store.beginChange(finding.record.name.description)
        guard change.record.generation == finding.record.generation, change.record.created == finding.record.created
        else {
            throw ProvisioningError(.rootInUse(finding.record.name, by: "another mangrove has just changed it"))
        }
        MountPoints.sweep(
            FilePath(finding.record.path), in: creation.store.path(of: finding.record.name), using: creation.workers)
        return change
    }

    /// A request for the same root, as for `create`.
    func creationRequest(_ finding: RefreshFinding) -> CreationRequest {
        let record = finding.record
        var wanted = CreationRequest(name: record.name)
        let own = creation.store.path(of: record.name).appending(RootStore.tree).string
        if record.path != own { wanted.directory = FilePath(record.path) }
        wanted.packages = record.packages
        wanted.catalogue = catalogue
        // For an image the policy decides, which may have changed.
        wanted.requiresSignature = record.image != nil && record.verified.how == .signature
        wanted.allowances = record.allowances ?? SourceAllowances()
        wanted.mirror = finding.origin.mirror
        wanted.keyring = keyring(finding.origin)
        let asked = request.acceleration
        wanted.acceleration = asked.resolved(for: record)
        wanted.tools = tools(record, wanted)
        return wanted
    }

    private func makeGeneration(
        _ finding: RefreshFinding, from base: Base
    ) async throws(ProvisioningError) -> RefreshOutcome {
        let (made, changes) = try await exchange(finding, for: base)
        return try outcome(finding, made, changes)
    }

    /// The old generation stays locked meanwhile.
    private func exchange(
        _ finding: RefreshFinding, for base: Base
    ) async throws(ProvisioningError) -> (RootRecord, LocalChanges) {
        let change = try beginChange(finding)
        let record = finding.record
        let changes = try changes(of: finding)
        guard changes.losses.isEmpty || request.discardsChanges else {
            throw ProvisioningError(.localChanges(record.name, changes.losses))
        }
        if base.image == nil, record.isSignedBetter(than: base) { throw ProvisioningError(.notSigned(base.name)) }
        var wanted = creationRequest(finding)
        wanted.refresh = PendingRefresh(change, in: creation.store.path(of: record.name), changes: changes)
        return (try await creation.create(wanted, from: base), changes)
    }

    /// Its user's changes.
    private func changes(of finding: RefreshFinding) throws(ProvisioningError) -> LocalChanges {
        let record = finding.record
        creation.progress.begin("looking for changes in \(record.name)")
        defer { creation.progress.end() }
        let survey = creation.store.path(of: record.name).appending(TreeSurvey.file)
        let reply = try creation.workers.perform(
            .compare(.init(tree: record.path, survey: survey.string, installed: finding.origin.installed)))
        guard case .compared(let changes) = reply else { throw ProvisioningError(.worker("unexpected reply")) }
        return changes
    }

    func outcome(
        _ finding: RefreshFinding, _ made: RootRecord, _ changes: LocalChanges
    ) throws(ProvisioningError) -> RefreshOutcome {
        if try creation.store.generations(of: made.name).count > request.keep {
            creation.progress.begin("deleting earlier generations")
        }
        _ = try creation.store.pruneGenerations(of: made.name, keeping: request.keep, using: creation.workers)
        creation.progress.end()
        var outcome = RefreshOutcome(finding, .refreshed)
        (outcome.to, outcome.generation, outcome.bytes) = (made.version, made.generation, finding.bytes)
        if !changes.summary.isEmpty { outcome.carried = changes.summary }
        return outcome
    }
}

extension RootRecord {
    /// A mirror must not be able to remove an existing signature.
    fileprivate func isSignedBetter(than base: Base) -> Bool { verified.how == .signature && !base.isSigned }
}
