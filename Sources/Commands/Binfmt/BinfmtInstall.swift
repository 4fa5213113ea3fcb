// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Architectures
internal import Emulation
internal import Filesystem
internal import Provisioning
internal import SystemPackage
internal import Terminal

struct BinfmtInstall: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Register an architecture's interpreter permanently.")

    @Argument(help: "The architecture.")
    var architecture = Architecture.arm64

    @Option(help: "The interpreter (default: the installed qemu).", completion: .file())
    var interpreter: String?

    @Flag(help: "Let setuid programs, and qemu with them, gain privileges.")
    var credentials = false

    @Option(
        name: .customLong("copy"),
        help: "Copy the interpreter into this root for chroot(1) instead.")
    var copyTo: String?

    @OptionGroup var dryRun: DryRunOption

    func run() throws {
        let found = try Interpreter.find(architecture, choice: interpreter.map { FilePath($0) })
        if let copyTo { return try copy(found, to: copyTo) }
        let registration = HostRegistration(architecture)
        if dryRun.isDryRun {
            let rule = found.rule(on: .current, credentials: credentials, name: registration.name)
            try Console.print("write \(registration.configuration):\n")
            try Console.print("\(registration.configurationText(for: rule))")
            try Console.print("register it with \(registration.registry.path)\n")
            return
        }
        try registration.install(found, credentials: credentials)
        Progress().say("\(architecture) programs are now executed by \(found.path)")
    }

    private func copy(_ found: Interpreter, to name: String) throws {
        let root = try RootStore(Surroundings.locations().roots).find(name)
        if dryRun.isDryRun {
            return try Console.print("copy \(found.path) into \(root.path), at /usr/bin\n")
        }
        let path = try found.copy(into: try Directory.open(FilePath(root.path)))
        Progress().say("\(found.path) is at \(path) in \(name)")
    }
}
