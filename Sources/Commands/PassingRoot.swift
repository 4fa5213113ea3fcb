// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Filesystem
internal import Glibc
internal import Processes
internal import Sandbox
internal import SystemPackage

/// A root that is made for one command: `mangrove create` before it and `mangrove remove` after it (`OwnProcess`).
struct PassingRoot {
    let name = "passing-\(getpid())"
    private let dryRun: Bool

    /// Makes it. Throws status 125 where that fails; why was said then.
    init(distro: String, arch: String?, isolation: Isolation, dryRun: Bool) throws {
        self.dryRun = dryRun
        let options =
            (dryRun ? ["--dry-run"] : []) + ["--isolation", isolation.rawValue]
            + (arch.map { ["--arch", $0] } ?? [])
        guard try OwnProcess.attend(["create"] + options + ["--", name, distro]) == .exited(0) else {
            throw ExitCode(125)
        }
    }

    /// Removes it; where that fails it says so, and the root is listed.
    func remove() {
        if !dryRun { _ = try? OwnProcess.attend(["remove", "--progress", "none", "--", name]) }
    }
}
