// SPDX-License-Identifier: Apache-2.0

internal import Architectures
package import Emulation
internal import Filesystem
package import Sandbox
internal import SystemPackage

/// A command in a root that is in the store.
package struct RootRun: ~Copyable {
    private let record: RootRecord
    private let lock: FileLock
    private let directory: FilePath
    private let workers: NamespacePerformer
    package let plan: SandboxPlan

    /// Plans `request` in the root `name`, which is locked for use from here on.
    package init(
        _ request: RunRequest, in name: String, of store: RootStore, caller: Caller, known: KnownVersions? = nil
    ) throws(ProvisioningError) {
        let record = try store.find(name)
        let lock = try store.lock(record.name, .shared)
        let tree = FilePath(record.path)
        let emulation = try EmulationChoice.make(
            for: Architecture(record.architecture) ?? .host, privately: caller.identity.usesNamespace,
            cpu: request.cpu, trustsSetuid: request.trustsSetuid, known: known)
        plan = try SandboxPlan(
            request, tree: tree, hostname: record.name.description, caller: caller, emulation: emulation)
        self.record = record
        self.lock = lock
        directory = store.path(of: record.name)
        workers = NamespacePerformer(identity: caller.identity)
    }

    /// Performs the plan and waits for its end. Returns the command's exit status, 128 and the signal's number where
    /// one ended it.
    package consuming func perform(
        descriptors: StandardDescriptors, signals: borrowing ForwardedSignals
    ) throws(ProvisioningError) -> Int32 {
        let tree = FilePath(record.path)
        // A root that cannot be written runs without.
        try? ResolvConf.refresh(in: Directory.open(tree))
        let mountPoints = try below { () throws(FilesystemError) in
            try MountPoints.enter(tree, in: directory, for: plan)
        }
        do throws(SandboxError) {
            let status: Int32
            do throws(SandboxError) {
                var run = try Run.start(plan, descriptors: descriptors)
                status = run.attend(signals)
            } catch {
                mountPoints?.leave(using: workers)
                throw error
            }
            mountPoints?.leave(using: workers)
            withExtendedLifetime(lock.rawValue) {}
            return status
        } catch {
            throw ProvisioningError(error)
        }
    }
}
