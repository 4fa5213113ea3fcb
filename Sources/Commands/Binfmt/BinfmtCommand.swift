// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct BinfmtCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "binfmt", abstract: "The host's own registration of interpreters.",
        discussion: """
            Runs on Linux 6.7 and newer bring their own and need none. Older kernels do, and so does plain chroot(1).
            """,
        subcommands: [BinfmtStatusCommand.self, BinfmtInstall.self, BinfmtRemove.self])
}
