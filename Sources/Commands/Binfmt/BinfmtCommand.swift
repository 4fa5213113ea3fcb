// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct BinfmtCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "binfmt", abstract: "Register interpreters on the host.",
        discussion: """
            Needed on kernels older than Linux 6.7, and for plain chroot(1). Newer kernels register qemu for each run.
            """,
        subcommands: [BinfmtStatusCommand.self, BinfmtInstall.self, BinfmtRemove.self])
}
