// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// What `run` and `shell` have in common.
struct RunOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Run as this user of the root, a name or number (default: root, or the image's).",
            valueName: "user[:group]"))
    var user: String?

    @Option(help: ArgumentHelp("Run in this directory of the root.", valueName: "directory"))
    var workdir: String?

    @Option(
        help: ArgumentHelp(
            """
            Mount a file or directory of the host, by default at the same path. --bind . shares any current directory. \
            Repeatable.
            """,
            valueName: "src[:dst[:ro]]"))
    var bind: [String] = []

    @OptionGroup var toolchain: ToolchainOption

    @Option(help: ArgumentHelp("Set an environment variable. Repeatable.", valueName: "key=value"))
    var env: [String] = []

    @Flag(help: "Drop all changes to the root at the end.")
    var throwaway = false

    @Flag(name: .customLong("no-network"), help: "Give no network but loopback.")
    var isolatesNetwork = false

    @OptionGroup var limits: LimitOptions

    @Option(help: ArgumentHelp("The CPU that qemu emulates, in qemu's words.", valueName: "model"))
    var cpu: String?

    @Flag(help: "Let setuid programs have their rights under emulation, and the emulator with them.")
    var setuid = false

    @OptionGroup var isolation: IsolationOption

    @OptionGroup var acceleration: AccelerationOptions

    @Flag(help: "Afterwards, tell on standard error what was spent on which program, native and emulated.")
    var profile = false

    @Option(help: "How to print the profile.")
    var format = RunSettings().format

    @Flag(help: "Print what would be done, and do nothing.")
    var dryRun = false

    func settings() throws -> RunSettings {
        var settings = RunSettings()
        (settings.user, settings.workdir, settings.bind, settings.env) = (user, workdir, bind, env)
        (settings.throwaway, settings.isolatesNetwork, settings.cpu) = (throwaway, isolatesNetwork, cpu)
        (settings.setuid, settings.isolation, settings.acceleration) = (setuid, isolation.isolation, acceleration.wish)
        (settings.profile, settings.format, settings.dryRun) = (profile, format, dryRun)
        settings.limits = try limits.limits()
        settings.toolchain = try toolchain.toolchain()
        return settings
    }

    /// Runs, and throws the command's own status unless it is 0.
    func run(_ command: [String], in name: String) throws {
        try settings().run(command, in: name)
    }
}

/// A command whose exit status is that of what it runs; its own failures are 125 (126, 127), as chroot(1)'s.
protocol PassesStatus {}
