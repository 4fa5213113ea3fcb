// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Filesystem
internal import Provisioning
internal import SystemPackage

/// A process of mangrove in a user namespace that can handle the files of a root.
struct NamespaceWorker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: NamespacePerformer.command, abstract: "Perform one request: JSON on standard input and output.",
        shouldDisplay: false)

    func run() {
        WorkerConnection.serve(
            input: OwnedDescriptor(adopting: .standardInput), output: OwnedDescriptor(adopting: .standardOutput))
    }
}
