// SPDX-License-Identifier: Apache-2.0

package import Acceleration
internal import Architectures
package import Emulation
internal import Filesystem
package import Sandbox
internal import SystemPackage

/// A command in a root that is in the store.
package struct RootRun: ~Copyable {
    package let record: RootRecord
    private let lock: FileLock
    /// Keeps the tools tree.
    private let accelerated: AccelerationSource.Accelerated?
    private let directory: FilePath
    private let workers: NamespacePerformer
    package let plan: SandboxPlan
    private let profileLog: ProfileLog?
    /// Why it is not accelerated although that would have been welcome. Where it was required, that is an error: the
    /// caller's to throw, who may want to see to `outdated` first.
    package let obstacle: ProvisioningError?

    /// Plans `request` in the root `name`, which is locked for use from here on. Of a rehearsal only the plan is wanted.
    package init(
        _ request: RunRequest, in name: String, of store: RootStore, caller: Caller, known: KnownVersions? = nil,
        acceleration: AccelerationSource? = nil, isRehearsal: Bool = false
    ) throws(ProvisioningError) {
        let record = try store.find(name)
        let lock = try store.lock(record.name, .shared)
        let tree = FilePath(record.path)
        let emulation = try EmulationChoice.make(
            for: Architecture(record.architecture) ?? .host, privately: caller.identity.usesNamespace,
            cpu: request.cpu, trustsSetuid: request.trustsSetuid, known: known)
        let directory = store.path(of: record.name)
        var plan = try SandboxPlan(
            request, tree: tree, hostname: record.name.description, caller: caller, emulation: emulation)
        let emulated = plan
        var obstacle: ProvisioningError?
        var accelerated = Self.accelerate(&plan, acceleration, record, in: directory, emulation, request, &obstacle)
        if let acceleration, let subject = ToolsTrees.Subject(record), !isRehearsal, !emulation.rules.isEmpty,
            // The compilers of one that is about to be replaced are of no interest.
            !acceleration.tools.isRefreshDue(subject, accelerated?.outdated ?? [])
        {
            do throws(ProvisioningError) {
                if try acceleration.compareCompilers(in: tree, subject, keptIn: directory, caller: caller) {
                    plan = emulated
                    accelerated = Self.accelerate(
                        &plan, acceleration, record, in: directory, emulation, request, &obstacle)
                }
            } catch {
                // Then they are emulated.
                guard !acceleration.choice.isRequired else { throw error }
            }
        }
        let log = request.isProfiled && !isRehearsal && obstacle == nil ? try ProfileLog(in: directory) : nil
        (self.accelerated, self.obstacle, profileLog) = (accelerated, obstacle, log)
        // On top of what acceleration mounts there.
        if let step = log?.step { plan.steps.append(step) }
        self.plan = plan
        self.record = record
        self.lock = lock
        self.directory = directory
        workers = NamespacePerformer(identity: caller.identity)
    }

    /// `obstacle` is why it cannot be.
    private static func accelerate(
        _ plan: inout SandboxPlan, _ source: AccelerationSource?, _ record: RootRecord, in directory: FilePath,
        _ emulation: EmulationChoice, _ request: RunRequest, _ obstacle: inout ProvisioningError?
    ) -> AccelerationSource.Accelerated? {
        guard let source, let subject = ToolsTrees.Subject(record) else { return nil }
        do throws(ProvisioningError) {
            let accelerated = try source.accelerate(
                &plan, subject, tree: FilePath(record.path), in: directory, emulation: emulation,
                trustsSetuid: request.trustsSetuid)
            obstacle = accelerated?.obstacle
            return accelerated
        } catch {
            obstacle = error
            return nil
        }
    }

    /// What is emulated because the tools tree's is older.
    package var outdated: [OutdatedTool] { accelerated?.outdated ?? [] }

    /// Performs the plan and waits for its end. Returns the command's exit status, 128 and the signal's number where
    /// one ended it. `profile` is what was noted, where that was asked for.
    package consuming func perform(
        descriptors: StandardDescriptors, signals: borrowing ForwardedSignals, profile: inout RunProfile?
    ) throws(ProvisioningError) -> Int32 {
        let tree = FilePath(record.path)
        let log = profileLog
        defer { log?.remove() }
        // A root that cannot be written runs without.
        try? ResolvConf.refresh(in: Directory.open(tree))
        let status = try MountPoints.around(tree, in: directory, for: plan, using: workers) {
            () throws(ProvisioningError) in
            do throws(SandboxError) {
                let before = secondsOfChildren()
                var run = try Run.start(plan, descriptors: descriptors)
                guard let log else { return run.attend(signals) }
                let process = run.process
                var sampler = ProcessSampler(ofRun: process)
                let status = run.attend(signals, every: ProcessSampler.interval) {
                    sampler?.look()
                }
                profile = RunProfile(log.read(), sampler?.finish(), total: secondsOfChildren() - before)
                return status
            } catch {
                throw ProvisioningError(error)
            }
        }
        withExtendedLifetime(lock.rawValue) {}
        withExtendedLifetime(accelerated) {}
        return status
    }
}
