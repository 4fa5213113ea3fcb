// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Sandbox
internal import SystemPackage
internal import Terminal

/// A new generation under construction, and what it takes over from the current one.
final class PendingRefresh: Sendable {
    let change: RootChange
    /// The directory of the generation that is there.
    let directory: FilePath
    let changes: LocalChanges

    init(_ change: consuming RootChange, in directory: FilePath, changes: LocalChanges) {
        self.change = change
        self.directory = directory
        self.changes = changes
    }

    private var tree: FilePath { FilePath(change.record.path) }
    private var survey: FilePath { directory.appending(TreeSurvey.file) }

    /// Users and groups, before packages create theirs. The result is recorded once those exist.
    func carryAccounts(
        to new: FilePath, in staging: FilePath, using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> CarriedAccounts? {
        let accounts = changes.configuration.filter(LocalChanges.accounts.contains)
        guard !accounts.isEmpty else { return nil }
        let file = staging.appending("contents.before")
        _ = try workers.perform(.survey(tree: new.string, file: file.string))
        _ = try workers.perform(.carry(carrying(to: new, accounts: true)))
        return CarriedAccounts(file: file, paths: accounts)
    }

    /// Everything else. Returns the configuration files that differ in the new base.
    func carry(to new: FilePath, using workers: some NamespacePerforming) throws(ProvisioningError) -> [String] {
        guard case .carried(let conflicts) = try workers.perform(.carry(carrying(to: new, accounts: false))) else {
            throw ProvisioningError(.worker("unexpected reply"))
        }
        return conflicts
    }

    private func carrying(to new: FilePath, accounts: Bool) -> WorkerRequest.Carrying {
        .init(from: tree.string, to: new.string, survey: survey.string, changes: changes, accounts: accounts)
    }
}

/// The accounts of a tree that differ from its base.
struct CarriedAccounts {
    /// The survey of the tree before.
    let file: FilePath
    let paths: [String]

    /// Keeps them marked as changed.
    func keep(in staging: FilePath) throws(ProvisioningError) {
        let place = staging.appending(TreeSurvey.file)
        guard let before = TreeSurvey(reading: file), var survey = TreeSurvey(reading: place),
            let name = file.lastComponent
        else { return }
        for path in paths { survey.entries[Array(path.utf8)] = before.entries[Array(path.utf8)] }
        try below { () throws(FilesystemError) in
            try survey.write(to: place)
            try Directory.open(staging).unlink(name)
        }
    }
}

extension Creation {
    /// Carries the user's changes over to the new generation.
    func carryOver(
        to staging: borrowing Staging, _ record: RootRecord, _ request: CreationRequest
    ) async throws(ProvisioningError) {
        guard let refresh = request.refresh, !refresh.changes.isEmpty else { return }
        let packages = refresh.changes.packages
        if !packages.isEmpty {
            progress.begin("installing \(packages.joined(separator: " ")), as before")
            let command = try command(in: staging, of: .init(emulating: record), request)
            try PackageInstallation(command: command, log: staging.directory.appending("log"))
                .install(packages, in: staging.tree)
            progress.end()
        }
        for path in try refresh.carry(to: staging.tree, using: workers) {
            progress.warn(
                "\(record.name): keeping your /\(path); the new base's is /\(path)\(ChangeCarrying.suffix)"
            )
        }
    }
}
