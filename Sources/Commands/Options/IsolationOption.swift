// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Sandbox

/// What is between the commands of a root and the host.
struct IsolationOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "full, or none: as root, go on where there are no user namespaces; the command is root of this machine.",
            valueName: "extent"))
    var isolation = Isolation.full

    func caller() throws -> Caller { try isolation.caller() }
}

extension Isolation: ExpressibleByArgument {
    /// Who asks, with the ids that its commands get. Says so where nothing is between them and the host.
    func caller() throws -> Caller {
        if self == .none {
            FailureRendering.note("--isolation none: what runs in the root is root of this machine")
        }
        return try Surroundings.caller(self)
    }
}
