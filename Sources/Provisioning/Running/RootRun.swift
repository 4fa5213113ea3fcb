// SPDX-License-Identifier: Apache-2.0

internal import Architectures
package import Emulation
internal import Filesystem
package import Sandbox
internal import SystemPackage

/// A command in a root of the store: planned on initialisation, with all of the root's programs emulated.
package struct RootRun: ~Copyable {
    package let record: RootRecord
    package let plan: SandboxPlan
    let request: RunRequest
    let caller: Caller
    let emulation: EmulationChoice
    /// The directory for files that belong to the root but not to its tree.
    let directory: FilePath
    private let second: SecondInterpreter?
    private let lock: FileLock

    /// Plans `request` in the root `name`, which is locked for use from here on.
    package init(
        _ request: RunRequest, in name: String, of store: RootStore, caller: Caller, known: KnownVersions? = nil
    ) throws(ProvisioningError) {
        let held = try store.hold(name)
        let record = held.record
        let request = request.following(record.image?.settings)
        let emulation = try EmulationChoice.make(
            for: Architecture(record.architecture) ?? .host, privately: caller.identity.usesNamespace,
            cpu: request.cpu, trustsSetuid: request.trustsSetuid, known: known)
        var plan = try SandboxPlan(
            request, tree: FilePath(record.path), hostname: record.name.description, caller: caller,
            emulation: emulation)
        plan.rootInode = held.inode
        directory = store.path(of: record.name)
        second = SecondInterpreter(emulation, in: directory, trustsSetuid: request.trustsSetuid)
        if let second { plan.rules.append(second.rule) }
        self.plan = plan
        (self.record, self.request, self.caller, self.emulation) = (record, request, caller, emulation)
        lock = held.takeLock()
    }

    var tree: FilePath { FilePath(record.path) }

    /// A message if the command does not run in the current directory.
    package var note: String? {
        let current = caller.currentDirectory
        guard request.workingDirectory == nil, !current.starts(with: tree),
            request.sharing(with: caller, in: tree) == .none
        else { return nil }
        let option = current == "/" ? "--bind /:/host" : "--bind ."
        return
            "not sharing the current directory \(current): running in \(request.defaultDirectory); \(option) shares it"
    }

    /// Performs `plan`, this run's own or an extended one, and waits for its end. Returns the command's exit status, or
    /// 128 plus the signal's number.
    ///
    /// `output` hands over what the run writes.
    /// `begin` is given the run's first process, as the host numbers it; `look` is called as often as `interval` says.
    /// `note` is told what a user might miss.
    consuming func perform(
        _ plan: SandboxPlan, descriptors: StandardDescriptors, signals: borrowing ForwardedSignals,
        every interval: Duration? = nil, reading output: RunOutput? = nil, begin: (Int32) -> Void = { _ in },
        look: () -> Void = {},
        note: (String) -> Void
    ) throws(ProvisioningError) -> Int32 {
        let tree = tree
        var plan = plan
        if let second, !second.write() { plan.rules.removeAll { $0.name == second.rule.name } }
        // Optional: the root may be read-only.
        try? ResolvConf.refresh(in: Directory.open(tree))
        if !request.sparesTree { try? EtcHosts.complete(in: Directory.open(tree), name: record.name.description) }
        var left = LeftBehind(plan, sharing: caller.currentDirectory)
        let workers = NamespacePerformer(identity: caller.identity)
        let status = try MountPoints.around(tree, in: directory, for: plan, using: workers) {
            () throws(ProvisioningError) in
            do throws(SandboxError) {
                let cgroup = plan.limits.isEmpty ? nil : try Cgroup.make(plan.limits)
                var run = try Run.start(plan, descriptors: descriptors) { process throws(SandboxError) in
                    try cgroup?.add(process)
                }
                begin(run.process)
                left?.begin(run.process)
                let status = run.attend(signals, every: interval, reading: output, look)
                cgroup?.findings().forEach(note)
                return status
            } catch {
                throw ProvisioningError(error)
            }
        }
        if let words = left.take()?.note() { note(words) }
        withExtendedLifetime(lock.rawValue) {}
        return status
    }
}
