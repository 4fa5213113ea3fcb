// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Filesystem
package import Sandbox
package import SystemPackage

/// Commands of mangrove's own in a tree that is being made: package managers, a smoke test. Nothing of the caller's is
/// shared with them but the network and its proxies.
package struct TreeCommand: Sendable {
    private let tree: FilePath
    private let hostname: String
    private let caller: Caller
    private let emulation: EmulationChoice
    private let acceleration: Accelerating?

    /// What makes its commands native as far as possible.
    package struct Accelerating: Sendable {
        let source: AccelerationSource
        let subject: ToolsTrees.Subject
        /// For files that go with the tree and are no part of it.
        let directory: FilePath
    }

    /// Finds out how programs of `architecture` are executed. Throws where they cannot be.
    package init(
        in tree: FilePath, called hostname: String, architecture: Architecture, caller: Caller, cpu: String? = nil,
        acceleration: Accelerating? = nil
    ) throws(ProvisioningError) {
        self.acceleration = acceleration
        self.tree = tree
        self.hostname = hostname
        self.caller = Caller(
            identity: caller.identity, currentDirectory: "/", environment: caller.environment)
        emulation = try EmulationChoice.make(
            for: architecture, privately: caller.identity.usesNamespace, cpu: cpu, trustsSetuid: false)
    }

    /// Executes `command` as root of the tree and waits for it. Returns its exit status, 128 and the signal's number
    /// where one ended it.
    ///
    /// Standard input is the file `input` of the host; output and errors are appended to `log`, a file of the host. `steps` are added to what
    /// a run sees.
    package func run(
        _ command: [String], environment: [String: String] = [:], steps: [MountStep] = [],
        input: FilePath = "/dev/null", log: FilePath
    ) throws(ProvisioningError) -> Int32 {
        var request = RunRequest(command: command)
        request.environment = environment
        request.workingDirectory = "/"
        var plan = try SandboxPlan(
            request, tree: tree, hostname: hostname, caller: caller, emulation: emulation)
        plan.steps += steps
        guard let acceleration else { return try execute(plan, input: input, log: log) }
        let accelerated = try accelerate(&plan, acceleration)
        defer { withExtendedLifetime(accelerated) {} }
        let workers = NamespacePerformer(identity: caller.identity)
        return try MountPoints.around(tree, in: acceleration.directory, for: plan, using: workers) {
            () throws(ProvisioningError) in
            try execute(plan, input: input, log: log)
        }
    }

    /// What cannot be accelerated is emulated, unless that is an error.
    private func accelerate(
        _ plan: inout SandboxPlan, _ acceleration: Accelerating
    ) throws(ProvisioningError) -> AccelerationSource.Accelerated? {
        do throws(ProvisioningError) {
            let accelerated = try acceleration.source.accelerate(
                &plan, acceleration.subject, tree: tree, in: acceleration.directory, emulation: emulation)
            if let obstacle = accelerated?.obstacle { throw obstacle }
            return accelerated
        } catch {
            guard !acceleration.source.choice.isRequired else { throw error }
            return nil
        }
    }

    private func execute(_ plan: SandboxPlan, input: FilePath, log: FilePath) throws(ProvisioningError) -> Int32 {
        let null = try below { () throws(FilesystemError) in try OwnedDescriptor.open(input, .readOnly) }
        let output = try below { () throws(FilesystemError) in
            try OwnedDescriptor.open(log, .writeOnly, options: [.create, .append])
        }
        var descriptors = StandardDescriptors()
        descriptors.input = null.rawValue
        descriptors.output = output.rawValue
        descriptors.error = output.rawValue
        do throws(SandboxError) {
            var run = try Run.start(plan, descriptors: descriptors)
            let status = run.wait()
            withExtendedLifetime(null.rawValue) {}
            withExtendedLifetime(output.rawValue) {}
            return status
        } catch {
            throw ProvisioningError(error)
        }
    }
}

/// The end of a log, for an error's second line.
package enum LogEnd {
    /// The last `count` lines of the file that are not empty, joined with "; "; nil where there are none.
    package static func read(_ log: FilePath, lines count: Int = 3) -> String? {
        guard let bytes = try? log.readFile() else { return nil }
        let lines = bytes.suffix(8 << 10).split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        guard !lines.isEmpty else { return nil }
        return lines.suffix(count).map { String(decoding: $0, as: UTF8.self) }.joined(separator: "; ")
    }
}
