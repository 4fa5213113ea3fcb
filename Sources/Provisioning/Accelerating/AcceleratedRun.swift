// SPDX-License-Identifier: Apache-2.0

package import Acceleration
package import Emulation
internal import Failures
internal import Filesystem
package import Sandbox
internal import SystemPackage

/// Who does what takes a while: for runs processes of mangrove's own, so that what they say and how they are interrupted
/// is as for `create`.
package protocol AccelerationErrands {
    /// Makes the first, or with `outdated` another one where the archive has any of that newer. False where there is
    /// none to be had; why was said, or noted with the tools trees where it is not `required`. `allowances`: the root's.
    func make(
        _ subject: ToolsTrees.Subject, outdated: [OutdatedTool], _ allowances: SourceAllowances, required: Bool
    ) throws(ProvisioningError) -> Bool

    /// Has the compilers of the root `name` compared (`BackgroundComparison`) while this process goes on, and after it.
    func compareCompilers(of name: RootName)

    func note(_ text: String)

    /// The command that builds compilers for runs of the root `name` (`CompilerState`).
    func buildingCompilers(for name: RootName) -> String
}

/// A command in a root, some of whose programs run as the host's own.
///
/// All that leads to one is here: the tools tree is there or is made; the run is planned; where the tools tree turns out
/// to be outdated, that is seen to and the run is planned again. Where nothing is known of the root's compilers yet, they
/// are emulated, and compared with those of the tools tree meanwhile; only who requires acceleration waits for that.
package struct AcceleratedRun: ~Copyable {
    private let run: RootRun
    private var acceleration: PlannedAcceleration?
    /// Why it is not accelerated although that would have been welcome.
    package private(set) var obstacle: ProvisioningError?
    /// Why there is no tools tree, where that was found out a while ago.
    private var reasonForNone: String?
    /// The command that would make more of its compilations native.
    private(set) var compilerRemedy: String?
    /// nil: all programs are emulated.
    private var accelerator: Accelerator?

    /// Plans `request` and changes nothing.
    package init(
        _ request: RunRequest, in name: String, of store: RootStore, caller: Caller, known: KnownVersions? = nil,
        accelerator: Accelerator?
    ) throws(ProvisioningError) {
        run = try RootRun(request, in: name, of: store, caller: caller, known: known)
        // Without a tools tree there is nothing to be said of one.
        let isOfInterest =
            accelerator.map { $0.isHolding || $0.choice.isRequired || $0.tools.mayHave($0.subject) } ?? false
        self.accelerator = isOfInterest ? accelerator : nil
        accelerate()
    }

    /// The same, with everything there that the run can have: it may have a tools tree made.
    ///
    /// nil where acceleration is required and there is no tools tree to be had; why was said. `isPatient`: compilers of which
    /// nothing is known are compared first, as it is where acceleration is required.
    package static func prepare(
        _ request: RunRequest, in name: String, of store: RootStore, caller: Caller, known: KnownVersions? = nil,
        accelerator: Accelerator?, isPatient: Bool = false, errands: some AccelerationErrands,
        workers: () throws -> any NamespacePerforming
    ) throws(ProvisioningError) -> AcceleratedRun? {
        var wanted = accelerator
        var reason: String?
        // Without a user namespace there is nothing to use a tools tree by.
        if let accelerator, caller.identity.usesNamespace {
            wanted = try accelerator.holding()
            if wanted?.isHolding != true {
                guard try accelerator.ensure(for: try store.find(name), by: errands) else { return nil }
                reason = accelerator.reasonForNone()
                if reason != nil {
                    wanted = try accelerator.holdingUnpinned()
                    if wanted != nil { reason = nil }
                }
            }
        }
        var planned = try AcceleratedRun(
            request, in: name, of: store, caller: caller, known: known, accelerator: wanted)
        wanted = nil
        planned.reasonForNone = reason
        planned.compilerRemedy = errands.buildingCompilers(for: planned.record.name)
        try planned.complete(isPatient: isPatient, by: errands)
        planned.compareLater(by: errands)
        if let accelerator { accelerator.tools.removeSuperseded(accelerator.subject, using: workers) }
        return planned
    }

    package var record: RootRecord { run.record }

    /// With what makes programs native. Throws where a toolchain that is to be used cannot be.
    package var plan: SandboxPlan {
        get throws(ProvisioningError) {
            var plan = acceleration?.applied(to: run.plan) ?? run.plan
            plan.steps +=
                try run.request.toolchain?.loaderSteps(
                    in: run.tree, isAccelerated ? acceleration?.mounts ?? [] : [],
                    reason: reasonForNone ?? obstacle?.summary) ?? []
            return plan
        }
    }

    /// What a user should know before it is performed.
    package var note: String? { run.note }

    /// What was decided of the root's programs; nil where all are emulated.
    var report: TreeAcceleration.Record? { acceleration?.report }

    package var isAccelerated: Bool { acceleration != nil && obstacle == nil }

    /// Plans it anew, with what there is now.
    private mutating func accelerate() {
        (acceleration, obstacle) = (nil, nil)
        guard let accelerator else { return }
        do throws(ProvisioningError) {
            acceleration = try accelerator.plan(
                tree: run.tree, in: run.directory, emulation: run.emulation, isThrowaway: run.request.sparesTree,
                trustsSetuid: run.request.trustsSetuid)
            obstacle = acceleration?.obstacle
        } catch {
            obstacle = error
        }
    }

    private mutating func complete(
        isPatient: Bool, by errands: some AccelerationErrands
    ) throws(ProvisioningError) {
        guard let accelerator = accelerator?.letting() else { return }
        if accelerator.tools.isRefreshDue(accelerator.subject, acceleration?.outdated ?? []) {
            let outdated = acceleration?.outdated ?? []
            // It must not keep the old one.
            (acceleration, self.accelerator) = (nil, accelerator)
            _ = try errands.make(
                accelerator.subject, outdated: outdated, record.allowances ?? SourceAllowances(), required: false)
            accelerate()
        }
        guard accelerator.choice.isRequired || isPatient && isAccelerated else { return }
        do throws(ProvisioningError) {
            let isNews = try accelerator.compareCompilers(in: run.tree, keptIn: run.directory, caller: run.caller) {
                errands.note($0)
            }
            if isNews { accelerate() }
        } catch {
            // They are emulated then.
            guard !accelerator.choice.isRequired else { throw error }
            errands.note("compilers are emulated: \(error.problem)")
        }
    }

    /// Has the compilers compared where nothing is known of them, or that was broken off half-way.
    private func compareLater(by errands: some AccelerationErrands) {
        guard let acceleration else { return }
        switch BackgroundWork.state(in: run.directory) {
        case .goingOn: break
        case .brokenOff: errands.compareCompilers(of: record.name)
        case .none: if !acceleration.areCompared { errands.compareCompilers(of: record.name) }
        }
    }

    /// Writes what the run needs of files beside the root. Where that fails it is emulated. Returns what the user is to be
    /// told that the run before had no reason to tell.
    package mutating func write() -> [String] {
        do throws(ProvisioningError) {
            acceleration = try acceleration?.written()
        } catch {
            (acceleration, obstacle) = (nil, error)
        }
        let reason = reasonForNone ?? obstacle?.summary
        guard reason != nil || isAccelerated else { return [] }
        var notes: [String] = []
        if AccelerationNote.unaccelerated.keep(reason, in: run.directory), let reason {
            notes.append("not accelerated: \(reason)")
        }
        let compilers = isAccelerated ? acceleration?.emulatedCompilations : nil
        if AccelerationNote.compilers.keep(compilers, in: run.directory), let compilers, let compilerRemedy {
            notes.append("compilations are emulated \(compilers); to make them native: \(compilerRemedy)")
        }
        return notes
    }

    /// Performs the plan and waits for its end. Returns the command's exit status, 128 and the signal's number where
    /// one ended it. `profile` is what was noted, where that was asked for. Where the command has installed other
    /// compilers, they are compared for the next one. `begun` is called when the command has begun.
    package consuming func perform(
        descriptors: StandardDescriptors, signals: borrowing ForwardedSignals, errands: some AccelerationErrands,
        profile: inout RunProfile?, reading output: RunOutput? = nil, begun: () -> Void = {}, look: () -> Void = {}
    ) throws(ProvisioningError) -> Int32 {
        let (tree, name, accelerator) = (run.tree, record.name, acceleration == nil ? nil : accelerator)
        let packages = Self.packages(of: tree)
        let status = try perform(descriptors, signals, &profile, output, begun, look) { errands.note($0) }
        if let accelerator, Self.packages(of: tree) != packages, try accelerator.compilers(of: tree) == .unknown {
            errands.compareCompilers(of: name)
        }
        return status
    }

    /// What changes when anything is installed.
    private static func packages(of tree: FilePath) -> FileState? {
        try? InstalledPackages.state(of: Directory.open(tree))
    }

    private consuming func perform(
        _ descriptors: StandardDescriptors, _ signals: borrowing ForwardedSignals, _ profile: inout RunProfile?,
        _ output: RunOutput?, _ begun: () -> Void, _ look: () -> Void, note: (String) -> Void
    ) throws(ProvisioningError) -> Int32 {
        var plan = try plan
        let acceleration = acceleration
        defer { withExtendedLifetime(acceleration) {} }
        guard run.request.isProfiled, isAccelerated else {
            return try run.perform(
                plan, descriptors: descriptors, signals: signals, every: output == nil ? nil : .seconds(1),
                reading: output, begin: { _ in begun() }, look: look, note: note)
        }
        let log = try ProfileLog(in: run.directory)
        defer { log.remove() }
        // On top of what acceleration mounts there.
        plan.steps.append(log.step)
        let before = secondsOfChildren()
        var sampler: ProcessSampler?
        let status = try run.perform(
            plan, descriptors: descriptors, signals: signals, every: ProcessSampler.interval,
            begin: { sampler = ProcessSampler(ofRun: $0) }, look: { sampler?.look() }, note: note)
        profile = RunProfile(log.read(), sampler?.finish(), total: secondsOfChildren() - before)
        return status
    }
}

extension Accelerator {
    /// That there is a tools tree. False where there is none to be had although it is required.
    fileprivate func ensure(
        for root: RootRecord, by errands: some AccelerationErrands
    ) throws(ProvisioningError) -> Bool {
        guard try tools.areWanted(for: subject, choice) else { return true }
        return try errands.make(
            subject, outdated: [], root.allowances ?? SourceAllowances(), required: choice.isRequired)
            || !choice.isRequired
    }

    /// Why there is no tools tree, where that was found out a while ago and it is not required.
    fileprivate func reasonForNone() -> String? {
        guard !choice.isRequired, let reason = tools.recentFailure(subject), !tools.has(subject) else { return nil }
        return reason
    }
}
