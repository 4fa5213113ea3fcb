// SPDX-License-Identifier: Apache-2.0

internal import Sandbox
internal import SystemPackage

/// Commands in a tree that is being made, native as far as possible.
struct AcceleratedCommand: Sendable {
    let command: TreeCommand
    /// nil: all is emulated.
    var accelerator: Accelerator?
    /// For files that go with the tree and are no part of it.
    let directory: FilePath
    /// Mounted in the tree besides.
    var steps: [MountStep] = []

    /// As `TreeCommand.run`.
    func run(
        _ words: [String], environment: [String: String] = [:], log: FilePath
    ) throws(ProvisioningError) -> Int32 {
        var plan = try command.plan(words, environment: environment)
        plan.steps += steps
        guard let accelerator else { return try command.perform(plan, log: log) }
        // Anew for each: the one before may have installed something.
        let acceleration = try acceleration(accelerator)
        defer { withExtendedLifetime(acceleration) {} }
        if let acceleration { plan = acceleration.applied(to: plan) }
        let workers = NamespacePerformer(identity: command.caller.identity)
        return try MountPoints.around(command.tree, in: directory, for: plan, using: workers) {
            () throws(ProvisioningError) in
            try command.perform(plan, log: log)
        }
    }

    /// What cannot be accelerated is emulated, unless that is an error.
    private func acceleration(_ accelerator: Accelerator) throws(ProvisioningError) -> PlannedAcceleration? {
        do throws(ProvisioningError) {
            let planned = try accelerator.plan(tree: command.tree, in: directory, emulation: command.emulation)
            if let obstacle = planned?.obstacle { throw obstacle }
            return try planned?.written()
        } catch {
            guard !accelerator.choice.isRequired else { throw error }
            return nil
        }
    }
}
