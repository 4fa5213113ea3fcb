// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Filesystem
internal import Processes
internal import Provisioning
internal import SystemPackage

/// What runs have done by processes of their own.
struct RunErrands: AccelerationErrands {
    /// The roots are those that builds run in.
    var ofLayers = false

    func make(
        _ subject: ToolsTrees.Subject, outdated: [OutdatedTool], _ allowances: SourceAllowances, required: Bool
    ) throws(ProvisioningError) -> Bool {
        let options =
            outdated.flatMap { ["--outdated", $0.description] } + (required ? [] : ["--is-optional"])
            + AllowanceOptions.arguments(for: allowances)
        do throws(FilesystemError) {
            return try OwnProcess.attend([MakeTools._commandName] + options + subject.words) == .exited(0)
        } catch {
            throw ProvisioningError(error)
        }
    }

    func compareCompilers(of name: RootName) {
        // Where it cannot be started, a later run tries again.
        try? OwnProcess.detach(
            [CompareCompilers._commandName] + (ofLayers ? ["--of-layer"] : []) + ["--", name.description])
    }

    func buildingCompilers(for name: RootName) -> String {
        // Those that builds run in have names that nobody knows.
        ofLayers ? "mangrove tools build" : "mangrove tools build \(name)"
    }

    func note(_ text: String) { FailureRendering.note(text) }
}
