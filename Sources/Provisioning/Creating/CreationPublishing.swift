// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Filesystem
internal import Glibc
internal import SystemPackage
internal import Terminal

/// The last steps, once a root's tree is complete.
extension Creation {
    /// A place for the root, or for another generation of it.
    func stage(_ request: CreationRequest) throws(ProvisioningError) -> Staging {
        try store.stage(
            request.name, at: request.directory, replacing: request.replaces || request.refresh != nil)
    }

    /// Records what the root is made of and what it contains, so that later changes can be attributed to its user.
    func survey(
        _ staging: borrowing Staging, _ origin: RootOrigin, _ request: CreationRequest
    ) throws(ProvisioningError) {
        var origin = origin
        (origin.mirror, origin.keyring) = (request.mirror, request.keyring?.string)
        origin.note(packagesOf: staging.tree)
        _ = try workers.perform(
            .survey(tree: staging.tree.string, file: staging.directory.appending(TreeSurvey.file).string))
        try below { () throws(FilesystemError) in try origin.write(in: staging.directory) }
    }

    /// Prepares the files for runs beside the tree, and publishes the root: after a smoke test if it replaces another
    /// generation.
    func finish(
        _ staging: borrowing Staging, _ record: RootRecord, _ request: CreationRequest
    ) async throws(ProvisioningError) {
        try await compareCompilers(in: staging, record, request)
        _ = AccelerationNote.unaccelerated.keep(request.reasonForNoTools, in: staging.directory)
        guard let refresh = request.refresh else { return try publish(staging, record) }
        try SmokeTest(record).perform(in: staging, caller: caller, cpu: cpu, progress)
        progress.begin("writing to disk")
        defer { progress.end() }
        try staging.publish(record, after: refresh.change)
    }

    /// Publishes the root, and warns if other users can access it.
    func publish(_ staging: borrowing Staging, _ record: RootRecord) throws(ProvisioningError) {
        progress.begin("writing to disk")
        try staging.publish(record, using: workers)
        progress.end()
        guard staging.outside != nil, geteuid() == 0,
            let above = try? PathAbove(of: staging.destination.removingLastComponent()), above.isOpenToAll
        else { return }
        progress.warn(
            "every user of this host can execute the setuid programs in \(staging.destination); "
                + "use a parent directory of mode 0700 to prevent that")
    }
}

extension RootOrigin {
    /// Notes which packages there are.
    mutating func note(packagesOf tree: FilePath) {
        if let found = try? InstalledPackages(of: Directory.open(tree)) { installed = found.versions }
    }
}
