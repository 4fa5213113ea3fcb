// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Failures
internal import Filesystem
internal import Integrity
internal import PackageArchive
internal import Sandbox
internal import SystemPackage
internal import Terminal

/// A generation that differs in packages only: a copy of the current one, with all its user's changes.
extension Refresher {
    func upgrade(_ finding: RefreshFinding) async throws(ProvisioningError) -> RefreshOutcome {
        guard try await makeUpgraded(finding) else {
            if case .upgrade(_, let indices) = finding.plan { try note(indices, of: finding) }
            return RefreshOutcome(finding, .unchanged)
        }
        let made = try creation.store.find(finding.record.name.description)
        var outcome = try outcome(finding, made, LocalChanges())
        if outcome.packages.isEmpty, let installed = RootOrigin.read(in: creation.store.path(of: made.name))?.installed
        {
            outcome.packages = finding.origin.changes(to: installed)
        }
        return outcome
    }

    /// Returns false if nothing changed. The old generation stays locked meanwhile.
    private func makeUpgraded(_ finding: RefreshFinding) async throws(ProvisioningError) -> Bool {
        let change = try beginChange(finding)
        var wanted = creationRequest(finding)
        wanted.refresh = PendingRefresh(
            change, in: creation.store.path(of: finding.record.name), changes: LocalChanges())
        try creation.prepare(wanted)
        let staging = try creation.stage(wanted)
        let isNews: Bool
        do throws(ProvisioningError) {
            let filled = try await fill(staging, finding, wanted)
            isNews = filled != nil
            if let (record, origin) = filled {
                try below { () throws(FilesystemError) in try origin.write(in: staging.directory) }
                try await creation.finish(staging, record, wanted)
            }
        } catch {
            creation.progress.end()
            try? staging.discard(using: creation.workers)
            throw error
        }
        if !isNews { try staging.discard(using: creation.workers) }
        return isNews
    }

    /// nil if nothing changed.
    private func fill(
        _ staging: borrowing Staging, _ finding: RefreshFinding, _ wanted: CreationRequest
    ) async throws(ProvisioningError) -> (RootRecord, RootOrigin)? {
        var record = finding.record
        let (tree, old) = (staging.tree, FilePath(record.path))
        let before = staging.directory.appending("contents.before")
        creation.progress.begin("copying \(record.name)")
        _ = try creation.workers.perform(.copy(.init(from: old.string, to: tree.string, ownership: record.ownership)))
        _ = try creation.workers.perform(.survey(tree: tree.string, file: before.string))
        creation.progress.end()
        var origin = finding.origin
        origin.rejected = nil
        let log = staging.directory.appending("log")
        switch finding.plan {
        case .packages(let archive, let changes, let indices, let source):
            origin.indices = indices
            let versions = Dictionary(
                archive.plan.packages.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
            await creation.refreshTools(wanted, for: versions)
            try await install(archive.only(changes), in: staging, record, wanted)
            try creation.keep(
                LockFile(archive.plan, source, requested: record.packages), in: staging.directory)
            record.lock = nil
            record.sourceDate = archive.plan.suites.compactMap(\.date).max().map { RecordTime.text($0) }
            record.verified = try below { () throws(IntegrityError) in try Verification(archive.plan) }
        case .upgrade(let manager, let indices):
            origin.indices = indices
            let was = try? InstalledPackages(of: Directory.open(tree))
            for step in manager.upgrade ?? [] {
                creation.progress.begin(step.command.joined(separator: " "))
                let command = try creation.command(in: staging, of: .init(emulating: record), wanted)
                let status = try command.run(step.command, environment: manager.environment, log: log)
                creation.progress.end()
                guard status == 0 else {
                    throw ProvisioningError(
                        .upgrading(
                            record.name,
                            reason: "\(step.command[0]) ended with \(status): \(LogEnd.read(log) ?? "no output")")
                    )
                }
            }
            let now = try? InstalledPackages(of: Directory.open(tree))
            if was?.versions == now?.versions { return nil }
        case .nothing, .held, .base: return nil
        }
        record.created = RootRecord.now
        record.version = creation.version(of: tree) ?? record.version
        origin.note(packagesOf: tree)
        try survey(staging, since: before, of: finding.record.name)
        return (record, origin)
    }

    private func install(
        _ archive: ResolvedArchive, in staging: borrowing Staging, _ record: RootRecord, _ wanted: CreationRequest
    ) async throws(ProvisioningError) {
        let use = try below { () throws(FilesystemError) in try creation.cache.useArchives() }
        defer { withExtendedLifetime(use.rawValue) {} }
        let progress = creation.progress
        progress.begin("fetching \(counted(archive.plan.packages.count, "package"))", total: archive.plan.size)
        do throws(PackageArchiveError) {
            try await creation.archives.fetch(archive) { [progress] in progress.advance(to: $0.bytes, total: $0.total) }
        } catch {
            throw ProvisioningError(error)
        }
        progress.end()
        let tree = staging.tree
        let hasPolicy = (try? Directory.open(tree).openInRoot("usr/sbin/policy-rc.d")) != nil
        var command = try creation.command(in: staging, of: .init(emulating: record), wanted)
        command.accelerator?.isAmidPackages = true
        let place: FilePath = "/run/mangrove-packages"
        command.steps = [
            .bind(source: creation.cache.archives.appending("packages"), target: place, readOnly: true, optional: false)
        ]
        let plan = ConfigurationPlan(upgrading: archive.plan, from: place.string, hasPolicy: hasPolicy)
        do throws(ProvisioningError) {
            try PackageConfiguration(plan: plan, command: command, log: staging.directory.appending("log"))
                .perform(in: tree, progress)
        } catch {
            guard case .configuring(let reason, _) = error.kind else { throw error }
            throw ProvisioningError(.upgrading(record.name, reason: reason))
        }
        try noteAutomatic(archive.plan, in: tree)
    }

    /// apt removes dependencies together with the packages that need them (apt-mark(8)).
    private func noteAutomatic(_ plan: BootstrapPlan, in tree: FilePath) throws(ProvisioningError) {
        let automatic = Set(plan.automatic)
        let known = (try? InstalledPackages(of: Directory.open(tree)))
        let new = plan.packages.filter { automatic.contains($0.name) && known?[$0.name] != nil }
        guard !new.isEmpty else { return }
        try below { () throws(FilesystemError) in
            let apt = try Directory.open(tree).makeDirectories(["var", "lib", "apt"])
            let old = try apt.readFile("extended_states") ?? []
            let text = String(decoding: old, as: UTF8.self)
            let added = new.filter { !text.contains("Package: \($0.name)\n") }.map {
                "Package: \($0.name)\nArchitecture: \($0.architecture)\nAuto-Installed: 1\n\n"
            }
            guard !added.isEmpty else { return }
            try apt.createFile("extended_states", holding: old + Array(added.joined().utf8))
        }
    }

    /// Changes since `before` came with the packages; the user's changes still count as such.
    private func survey(
        _ staging: borrowing Staging, since before: FilePath, of name: RootName
    ) throws(ProvisioningError) {
        creation.progress.begin("recording its files")
        defer { creation.progress.end() }
        let place = staging.directory.appending(TreeSurvey.file)
        _ = try creation.workers.perform(.survey(tree: staging.tree.string, file: place.string))
        let known = TreeSurvey(reading: creation.store.path(of: name).appending(TreeSurvey.file))
        try below { () throws(FilesystemError) in
            if let known, let before = TreeSurvey(reading: before), let now = TreeSurvey(reading: place) {
                try known.following(from: before, to: now).write(to: place)
            }
            if let file = before.lastComponent { try Directory.open(staging.directory).unlink(file) }
        }
    }
}

extension RootOrigin {
    /// What is in `installed` and was another version, or not there.
    fileprivate func changes(to installed: [String: String]) -> [PackageChange] {
        installed.sorted { $0.key < $1.key }.compactMap { name, version in
            self.installed[name] == version ? nil : PackageChange(name: name, from: self.installed[name], to: version)
        }
    }
}
