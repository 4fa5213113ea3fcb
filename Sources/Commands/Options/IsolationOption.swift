// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Sandbox

/// What is between the commands of a root and the host.
struct IsolationOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "none: run as the host's root without user namespaces.",
            valueName: "extent"))
    var isolation = Isolation.full

    func caller() throws -> Caller { try isolation.caller() }
}

extension Isolation: ExpressibleByArgument {
    /// Who asks, with the ids that its commands get. Says so where nothing is between them and the host.
    func caller() throws -> Caller {
        if self == .none {
            FailureRendering.note("--isolation none: commands in the root run as root on this machine")
        }
        return try Surroundings.caller(self)
    }
}
