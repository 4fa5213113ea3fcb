// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import ArgumentParser
internal import SystemPackage

struct ToolchainOption: ParsableArguments {
    @Option(
        name: .customLong("toolchain"),
        help: ArgumentHelp(
            "Use this unpacked cross toolchain.",
            valueName: "directory"),
        completion: .directory)
    var directory: String?

    func toolchain() throws -> Toolchain? {
        try directory.map { try Toolchain(at: Surroundings.workingDirectory.pushing(FilePath($0))) }
    }
}
