// SPDX-License-Identifier: Apache-2.0

package import Acceleration
internal import Emulation
internal import Filesystem
internal import Sandbox
internal import SystemPackage

/// Where a run's acceleration comes from: what is wanted of it, and the tools trees there are.
package struct AccelerationSource: Sendable {
    package var choice: AccelerationChoice
    package let tools: ToolsTrees
    package var changes = EligibilityChanges()
    /// To be told of what takes a while.
    package var note: (@Sendable (String) -> Void)?
    /// For the comparison of compilers itself.
    var comparison: Comparison?
    /// Of the tools trees; nil: the newest.
    var generation: RootName?

    /// Whose compilers compile; all other programs are native as far as can be.
    enum Comparison {
        case own, tools
    }

    package init(_ choice: AccelerationChoice, tools: ToolsTrees) {
        (self.choice, self.tools) = (choice, tools)
    }

    /// Adds native programs to `plan`, the plan of a run in `tree`; what is made for that is kept in `directory`.
    ///
    /// Where nothing can be accelerated, it throws or says so in what it returns; whether that is an error is the
    /// caller's to decide (`isRequired`).
    func accelerate(
        _ plan: inout SandboxPlan, _ subject: ToolsTrees.Subject, tree: FilePath, in directory: FilePath,
        emulation: EmulationChoice, trustsSetuid: Bool = false
    ) throws(ProvisioningError) -> Accelerated? {
        guard let mode = choice.mode, let interpreter = emulation.interpreter else { return nil }
        guard !emulation.rules.isEmpty else {
            throw ProvisioningError(
                AccelerationError(
                    "this run cannot be accelerated", cause: "it has no binfmt_misc of its own",
                    remedy: "use Linux 6.7 or newer"))
        }
        guard let tools = try find(subject) else {
            throw ProvisioningError(
                AccelerationError("\(subject.title) cannot be accelerated", cause: "there is no tools tree for it"))
        }
        var wanted = TreeAcceleration.Subject(
            tree: tree, directory: directory, tools: tools.record, interpreter: interpreter, mode: mode)
        wanted.changes = changes
        wanted.agreement =
            switch comparison {
            case .own: nil
            case .tools: .assumed
            case nil: try CompilerAgreements(self.tools, tools.record.name).known(for: tree)
            }
        wanted.isComparison = comparison != nil
        wanted.cpu = emulation.environment["QEMU_CPU"]
        if case .throwaway = plan.root { wanted.isThrowaway = true }
        let acceleration = try TreeAcceleration(wanted)
        let obstacle = acceleration.obstacle(subject)
        if obstacle == nil { acceleration.apply(to: &plan, interpreter: interpreter, trustsSetuid: trustsSetuid) }
        return Accelerated(
            lock: tools.takeLock(), outdated: acceleration.report.outdated,
            obstacle: obstacle.map { ProvisioningError($0) })
    }

    /// What a plan was given.
    final class Accelerated: Sendable {
        /// Keeps the tools tree from being deleted: to be held as long as the run goes on.
        private let lock: FileLock
        /// What is emulated because the tools tree's is older.
        let outdated: [OutdatedTool]
        /// Why nothing was added to it.
        let obstacle: ProvisioningError?

        init(lock: consuming FileLock, outdated: [OutdatedTool], obstacle: ProvisioningError?) {
            (self.outdated, self.obstacle) = (outdated, obstacle)
            self.lock = lock
        }
    }

    private func find(_ subject: ToolsTrees.Subject) throws(ProvisioningError) -> ToolsTrees.ToolsTree? {
        if let generation { return tools.find(generation) }
        return try tools.find(subject)
    }

    /// Finds out whether the compilers of the tools tree give the same code as those of the root, where that is not
    /// known yet. It compiles in the root, which does not change. Returns whether it was unknown.
    func compareCompilers(
        in tree: FilePath, _ subject: ToolsTrees.Subject, keptIn directory: FilePath, caller: Caller
    ) throws(ProvisioningError) -> Bool {
        guard choice.mode != nil, let newest = try CompilerAgreements(tools, subject),
            try !newest.isSettled(for: tree), let held = try tools.find(subject)
        else { return false }
        let agreements = CompilerAgreements(tools, held.record.name)
        try agreements.compare(tree, self, subject, keptIn: directory, caller: caller) { note?($0) }
        withExtendedLifetime(held.takeLock().rawValue) {}
        return true
    }
}
