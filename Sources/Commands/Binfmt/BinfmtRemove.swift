// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Emulation
internal import SystemPackage
internal import Terminal

struct BinfmtRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Undo what \"binfmt install\" did.", aliases: ["rm"])

    @Argument(help: "The architecture.")
    var architecture = Architecture.arm64

    @OptionGroup var dryRun: DryRunOption

    func run() throws {
        let registration = HostRegistration(architecture)
        if dryRun.isDryRun {
            try Console.print("remove \(registration.name) from \(registration.registry.path)\n")
            try Console.print("delete \(registration.configuration)\n")
            return
        }
        if try !registration.remove() {
            Progress().say("mangrove has not registered an interpreter for \(architecture)")
        }
    }
}
