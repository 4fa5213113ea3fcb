// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// What `run` and `shell` have in common.
struct RunOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Run as this user (default: root, or the image's).",
            valueName: "user[:group]"))
    var user: String?

    @Option(help: ArgumentHelp("Run in this directory.", valueName: "directory"))
    var workdir: String?

    @Option(
        help: ArgumentHelp(
            "Mount a file or directory of the host. Repeatable.",
            valueName: "src[:dst[:ro]]"))
    var bind: [String] = []

    @OptionGroup var toolchain: ToolchainOption

    @Option(help: ArgumentHelp("Set an environment variable. Repeatable.", valueName: "key=value"))
    var env: [String] = []

    @Flag(help: "Discard all changes to the root at the end.")
    var throwaway = false

    @Flag(name: .customLong("no-network"), help: "Disable the network, except loopback.")
    var isolatesNetwork = false

    @OptionGroup var limits: LimitOptions

    @Option(help: ArgumentHelp("The CPU model that qemu emulates.", valueName: "model"))
    var cpu: String?

    @Flag(help: "Let setuid programs, and qemu with them, gain privileges.")
    var setuid = false

    @OptionGroup var isolation: IsolationOption

    @OptionGroup var acceleration: AccelerationOptions

    @Flag(help: "Report the time spent per program on standard error.")
    var profile = false

    @Option(help: "The profile's format.")
    var format = RunSettings().format

    @Flag(help: "Print what would be done, without doing it.")
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
}

/// A command whose exit status is that of what it runs; its own failures are 125 (126, 127), as chroot(1)'s.
protocol PassesStatus {}
