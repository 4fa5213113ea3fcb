// SPDX-License-Identifier: Apache-2.0

internal import Emulation
package import Failures
internal import Filesystem
internal import Glibc
internal import Sandbox
package import SystemPackage

/// What `doctor` finds out about user namespaces: without them only root can make and run roots.
package struct NamespaceFindings: Sendable {
    /// Read at another place by tests.
    let proc: FilePath
    let etc: FilePath
    let isRoot: Bool
    let user: UInt32

    package init(proc: FilePath = "/proc", etc: FilePath = "/etc", user: UInt32 = geteuid()) {
        self.proc = proc
        self.etc = etc
        self.user = user
        isRoot = user == 0
    }

    /// `roots`: an existing directory on the file system that roots are on.
    package func findings(
        using workers: some NamespacePerforming, path: [FilePath], roots: FilePath
    ) -> [Finding] {
        let kernel = Finding("kernel", .ok, "Linux \(KernelRelease.current)")
        if isRoot { return [kernel, namespacesOfRoot(roots)] }
        return [kernel, namespaces(using: workers), subordinateIds(path: path)]
    }

    private func namespacesOfRoot(_ roots: FilePath) -> Finding {
        let subject = "user namespaces"
        do throws(SandboxError) {
            guard let reason = try IdentityShift.obstacle(for: roots) else {
                return Finding(subject, .ok, "they work, with ids that own nothing on the host")
            }
            return Finding(
                subject, .warning, "runs have the host's ids: \(reason)",
                remedy: "keep roots on ext4, xfs or btrfs, with Linux 5.15 or newer")
        } catch {
            let (reason, remedy) = obstacle ?? (error.cause ?? error.problem, nil)
            return Finding(
                subject, .problem, reason,
                remedy: (remedy.map { "\($0); or " } ?? "") + "--isolation none, in a container that provides isolation"
            )
        }
    }

    private func namespaces(using workers: some NamespacePerforming) -> Finding {
        let subject = "user namespaces"
        do throws(ProvisioningError) {
            _ = try workers.perform(.probe)
            return Finding(subject, .ok, "they work")
        } catch {
            let (reason, remedy) = obstacle ?? (error.cause ?? error.problem, error.remedy)
            return Finding(subject, .problem, reason, remedy: remedy ?? "run mangrove as root")
        }
    }

    /// A setting of the kernel that forbids them, and what changes it.
    var obstacle: (reason: String, remedy: String?)? {
        func forbids(_ name: String, when value: String) -> Bool {
            number(name) == value
        }
        if forbids("sys/user/max_user_namespaces", when: "0") {
            return ("the kernel allows none", "sudo sysctl -w user.max_user_namespaces=15000")
        }
        // Debian's and Arch's kernels; others do not have it.
        if forbids("sys/kernel/unprivileged_userns_clone", when: "0") {
            return ("the kernel allows them for root only", "sudo sysctl -w kernel.unprivileged_userns_clone=1")
        }
        // Ubuntu 23.10 and newer.
        if forbids("sys/kernel/apparmor_restrict_unprivileged_userns", when: "1") {
            return (
                "AppArmor allows them only for programs with a profile",
                "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
            )
        }
        return nil
    }

    private func number(_ name: String) -> String? {
        guard let bytes = try? proc.pushing(FilePath(name)).readFile(limit: 64) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
    }

    func subordinateIds(path: [FilePath]) -> Finding {
        let subject = "subordinate ids"
        let name = unsafe getpwuid(user).map { unsafe String(cString: $0.pointee.pw_name) }
        let missing = ["subuid", "subgid"].filter { file in
            let bytes = (try? etc.appending(file).readFile()) ?? []
            let fields = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: ":") }
            return !fields.contains { $0.count == 3 && ($0[0] == name ?? "" || $0[0] == String(user)) }
        }
        guard missing.isEmpty else {
            return Finding(
                subject, .warning,
                "none in \(missing.map { etc.appending($0).string }.joined(separator: ", ")): "
                    + "all files of a root belong to you, and programs in it cannot change their user",
                remedy: "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 \(name ?? String(user))")
        }
        let programs = ["newuidmap", "newgidmap"].filter { program in
            !path.contains { unsafe access($0.appending(program).string, X_OK) == 0 }
        }
        guard programs.isEmpty else {
            return Finding(
                subject, .warning, "\(programs.joined(separator: " and ")) not found",
                remedy: "sudo apt install uidmap (Fedora, Arch, Alpine: shadow-utils, shadow, shadow-uidmap)")
        }
        return Finding(subject, .ok, "available")
    }
}
