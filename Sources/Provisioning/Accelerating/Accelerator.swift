// SPDX-License-Identifier: Apache-2.0

package import Acceleration
internal import Architectures
internal import Emulation
internal import Sandbox
internal import SystemPackage

/// What makes programs native in trees of one release and architecture: what is wanted of it, and the tools trees there
/// are.
package struct Accelerator: Sendable {
    package private(set) var choice: AccelerationChoice
    package private(set) var subject: ToolsTrees.Subject
    package let tools: ToolsTrees
    package let changes: EligibilityChanges
    /// Packages may change between two plans: those that are new are emulated, unless something else was replaced, too.
    var isAmidPackages = false
    /// For the comparison of compilers itself.
    private var comparison: Comparison?
    /// That which was found whole, for whoever plans next.
    private var held: HeldToolsTree?

    /// Of a comparison, whose compilers compile: the tree's own or those of the tools tree that is called so. All other
    /// programs are native as far as can be.
    enum Comparison {
        case own(RootName)
        case tools(RootName)

        var generation: RootName {
            switch self {
            case .own(let name), .tools(let name): name
            }
        }
    }

    /// nil where nothing is to be accelerated: it is not wanted, or programs run without help (`subject`).
    package init?(
        _ choice: AccelerationChoice, for subject: ToolsTrees.Subject?, tools: ToolsTrees,
        changes: EligibilityChanges = EligibilityChanges()
    ) {
        guard choice.mode != nil, let subject, !subject.architecture.runsNatively(on: .host) else { return nil }
        (self.choice, self.tools, self.changes) = (choice, tools, changes)
        self.subject = tools.available(subject)
    }

    /// This with the newest tools tree, if it is whole: it is gone through once, and not again by `plan`.
    func holding() throws(ProvisioningError) -> Accelerator {
        var other = self
        if let found = try find() { other.held = HeldToolsTree(found) } else { other.held = nil }
        return other
    }

    /// This with the release's tools tree, where there is one and none of the moment could be had.
    func holdingUnpinned() throws(ProvisioningError) -> Accelerator? {
        var other = self
        other.subject = tools.available(subject)
        guard other.subject != subject else { return nil }
        other = try other.holding()
        return other.isHolding ? other : nil
    }

    /// This without: the next plan takes what is there then.
    func letting() -> Accelerator {
        var other = self
        other.held = nil
        return other
    }

    var isHolding: Bool { held != nil }

    /// This, for one side of a comparison.
    func comparing(_ comparison: Comparison) -> Accelerator {
        var other = letting()
        other.comparison = comparison
        if case .own = comparison {
            other.choice = AccelerationChoice(.full)
        } else {
            other.choice = AccelerationChoice(.full, isRequired: true)
        }
        return other
    }

    /// What makes programs native in a run of `tree`, for which files are kept in `directory`; nil where nothing is
    /// emulated. Writes nothing.
    ///
    /// Where nothing can be accelerated, it throws or says so in what it returns; whether that is an error is the
    /// caller's to decide (`isRequired`).
    func plan(
        tree: FilePath, in directory: FilePath, emulation: EmulationChoice, isThrowaway: Bool = false,
        trustsSetuid: Bool = false
    ) throws(ProvisioningError) -> PlannedAcceleration? {
        guard let mode = choice.mode, let interpreter = emulation.interpreter else { return nil }
        guard !emulation.rules.isEmpty else {
            throw ProvisioningError(
                AccelerationError(
                    "this run cannot be accelerated", cause: "no private binfmt_misc",
                    remedy: "use Linux 6.7 or newer"))
        }
        guard let found = try isHolding ? held : holding().held else {
            throw ProvisioningError(
                AccelerationError("\(subject.title) cannot be accelerated", cause: "no tools tree"))
        }
        var wanted = TreeAcceleration.Subject(
            tree: tree, directory: directory, tools: found.record, interpreter: interpreter, mode: mode)
        wanted.changes = changes
        wanted.isComparison = comparison != nil
        wanted.cpu = emulation.environment["QEMU_CPU"]
        (wanted.isThrowaway, wanted.isAmidPackages) = (isThrowaway, isAmidPackages)
        let last = TreeAcceleration.Record(reading: wanted.file)
        let compilers: CompilerAgreements.State
        switch comparison {
        case .own: compilers = .unknown
        case .tools: compilers = .known(.assumed)
        case nil:
            let agreements = CompilerAgreements(tools, found.record.name)
            let place = try agreements.place(for: tree, last: last?.compilers)
            compilers = agreements.state(at: place)
            wanted.compilers = place
        }
        wanted.agreement = compilers.agreement
        return PlannedAcceleration(
            try TreeAcceleration(planning: wanted, last: last), subject, interpreter, trustsSetuid: trustsSetuid,
            areCompared: compilers != .unknown, found)
    }

    private func find() throws(ProvisioningError) -> ToolsTrees.ToolsTree? {
        if let generation = comparison?.generation { return tools.find(generation) }
        return try tools.find(subject)
    }
}

/// A tools tree that is kept from being deleted while this lives.
final class HeldToolsTree: Sendable {
    private let tree: ToolsTrees.ToolsTree

    init(_ tree: consuming ToolsTrees.ToolsTree) { self.tree = tree }

    var record: RootRecord { tree.record }

    /// Notes that it is used now.
    func noteUse() { tree.noteUse() }

    var hasBuiltCompilers: Bool { CompiledCompilers(beside: tree.directory).all.contains(where: \.isInstalled) }
}

/// What makes programs of a run native: decided, and not written yet.
struct PlannedAcceleration: Sendable {
    private let acceleration: TreeAcceleration
    private let interpreter: Interpreter
    private let trustsSetuid: Bool
    private let tools: HeldToolsTree
    /// Whether the compilers need not be compared: that was done, or there are none.
    let areCompared: Bool
    /// Why nothing is native after all.
    let obstacle: ProvisioningError?

    init(
        _ acceleration: TreeAcceleration, _ subject: ToolsTrees.Subject, _ interpreter: Interpreter,
        trustsSetuid: Bool, areCompared: Bool, _ tools: HeldToolsTree
    ) {
        (self.acceleration, self.interpreter, self.trustsSetuid) = (acceleration, interpreter, trustsSetuid)
        (self.tools, self.areCompared) = (tools, areCompared)
        obstacle = acceleration.obstacle(subject).map { ProvisioningError($0) }
    }

    var report: TreeAcceleration.Record { acceleration.report }

    /// What is emulated because the tools tree's is older.
    var outdated: [OutdatedTool] { report.outdated }

    /// What is seen of the tools tree.
    var mounts: [AccelerationPlan.Mount] { report.mounts }

    /// Which compilations are, where compilers could be built that would make them native; nil where there are none.
    var emulatedCompilations: String? {
        report.emulatedCompilations.flatMap { tools.hasBuiltCompilers ? nil : $0 }
    }

    /// `plan`, in which programs of the root are emulated, with some of them native.
    func applied(to plan: SandboxPlan) -> SandboxPlan {
        var plan = plan
        if obstacle == nil { acceleration.apply(to: &plan, interpreter: interpreter, trustsSetuid: trustsSetuid) }
        return plan
    }

    /// Writes what the run needs. Returns what it is after that.
    func written() throws(ProvisioningError) -> PlannedAcceleration {
        tools.noteUse()
        return PlannedAcceleration(self, try acceleration.written())
    }

    private init(_ planned: PlannedAcceleration, _ written: TreeAcceleration) {
        (acceleration, interpreter, trustsSetuid) = (written, planned.interpreter, planned.trustsSetuid)
        (tools, areCompared, obstacle) = (planned.tools, planned.areCompared, planned.obstacle)
    }
}
