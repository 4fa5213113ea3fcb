// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Filesystem
internal import Glibc
internal import Processes
internal import Sandbox
internal import SystemPackage

/// A root for a single command: `mangrove create` makes it, and `mangrove remove` deletes it afterwards (`OwnProcess`).
struct EphemeralRoot {
    let name = "passing-\(getpid())"
    private let dryRun: Bool

    /// Makes it. Throws status 125 on failure, after the error has been reported.
    init(distro: String, arch: String?, isolation: Isolation, dryRun: Bool) throws {
        self.dryRun = dryRun
        let options =
            (dryRun ? ["--dry-run"] : []) + ["--isolation", isolation.rawValue]
            + (arch.map { ["--arch", $0] } ?? [])
        guard try OwnProcess.attend(["create"] + options + ["--", name, distro]) == .exited(0) else {
            throw ExitCode(125)
        }
    }

    /// Removes it; a failure is reported, and the root stays listed.
    func remove() {
        if !dryRun { _ = try? OwnProcess.attend(["remove", "--progress", "none", "--", name]) }
    }
}
