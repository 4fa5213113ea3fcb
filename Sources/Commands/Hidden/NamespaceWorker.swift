// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Filesystem
internal import Provisioning
internal import SystemPackage

/// A process of mangrove's own, in a user namespace where the files of a root can be handled.
struct NamespaceWorker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: NamespacePerformer.command, abstract: "Perform one request: JSON on standard input and output.",
        shouldDisplay: false)

    func run() {
        WorkerConnection.serve(
            input: OwnedDescriptor(adopting: .standardInput), output: OwnedDescriptor(adopting: .standardOutput))
    }
}
