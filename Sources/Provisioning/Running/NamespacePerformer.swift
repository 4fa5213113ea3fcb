// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
package import Sandbox
internal import SystemPackage

/// Performs requests in a process of this program that has the ids a run has: for users whose roots hold files of
/// subordinate ids.
package struct NamespacePerformer: NamespacePerforming {
    /// Of this program: performs one request.
    package static let command = "namespace-worker"

    private let identity: Identity
    /// What is mounted for them in the host's own tree.
    private let steps: [MountStep]

    package init(identity: Identity, steps: [MountStep] = []) {
        (self.identity, self.steps) = (identity, steps)
    }

    package func perform(
        _ request: WorkerRequest, progress: @escaping @Sendable (Int64) -> Void
    ) throws(ProvisioningError) -> WorkerReply {
        var questions = try below { () throws(FilesystemError) in try Pipe() }
        var answers = try below { () throws(FilesystemError) in try Pipe() }
        // PID 1 of its own namespace: when this process dies, however, the worker does.
        var plan = SandboxPlan(root: .host, identity: identity, command: ["/proc/self/exe", Self.command])
        plan.environment = ["LANG=C.UTF-8"]
        plan.steps = steps
        var descriptors = StandardDescriptors()
        descriptors.input = questions.reader.rawValue
        descriptors.output = answers.writerValue
        var request = request
        if case .bootstrap(var bootstrap) = request {
            descriptors.inherited = bootstrap.feed
            bootstrap.feed = 3
            request = .bootstrap(bootstrap)
        }
        if case .export(var packing) = request {
            descriptors.inherited = packing.output
            packing.output = 3
            request = .export(packing)
        }
        let run: Run
        do throws(SandboxError) {
            run = try Run.start(plan, descriptors: descriptors)
        } catch {
            throw ProvisioningError(error)
        }
        answers.closeWriter()
        guard let input = questions.takeWriter() else { throw ProvisioningError(.worker("cannot send it a request")) }
        let reply = try WorkerConnection.ask(request, input: input, output: answers.reader, progress: progress)
        withExtendedLifetime(run.process) {}
        return reply
    }
}
