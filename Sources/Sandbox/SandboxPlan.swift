// SPDX-License-Identifier: Apache-2.0

package import Emulation
package import SystemPackage

/// A run as a value: everything is decided before anything is performed.
package struct SandboxPlan: Hashable, Sendable {
    /// Where the command runs.
    package enum Root: Hashable, Sendable {
        /// The host's own tree: for work on a root's files with the ids a run has.
        case host
        /// A tree that becomes `/`.
        case tree(FilePath)
        /// The same, with all changes to it in memory and dropped at the end.
        case throwaway(FilePath)
        /// The same, with all changes to it in a directory of the host, in which those of earlier runs are.
        case layered(FilePath, changes: FilePath)
    }

    /// What the command runs as, by the ids inside.
    package struct User: Hashable, Sendable {
        package let user: UInt32
        package let group: UInt32
        package let groups: [UInt32]

        package init(user: UInt32, group: UInt32, groups: [UInt32]) {
            self.user = user
            self.group = group
            self.groups = groups
        }

        package static let root = User(user: 0, group: 0, groups: [0])
    }

    package var root: Root
    /// The inode of the tree that was planned for. If another tree has its name when the run starts, the run fails.
    package var rootInode: UInt64?
    package var identity: Identity
    /// For root: why the ids inside are the host's; nil if they are not.
    package var sharesIds: String?
    /// Programs gain privileges by being executed: set-user-ID bits (execve(2)).
    package var trustsSetuid = false
    package var isolatesNetwork = false
    package var limits = ResourceLimits()
    /// Rules of a binfmt_misc of the run's own; none: the host's registrations apply.
    package var rules: [BinfmtRule] = []
    package var steps: [MountStep] = []
    /// nil: the host's.
    package var hostname: String?
    /// Bits of personality(2): `ADDR_NO_RANDOMIZE`, `PER_LINUX32`.
    package var personality: UInt = 0
    /// Of the command.
    package var umask: UInt32 = 0o022
    package var user: User = .root
    package var workingDirectory: FilePath?
    /// `KEY=VALUE`, in order.
    package var environment: [String] = []
    /// The program, looked up in the environment's PATH unless it has a slash, and its arguments.
    package var command: [String]
    /// A pseudo-terminal of the run's own, relayed to the caller's.
    package var usesTerminal = false

    package init(root: Root, identity: Identity, command: [String]) {
        self.root = root
        self.identity = identity
        self.command = command
    }

    /// Whether mounts show files with shifted ids, so that the run owns them.
    var isShifted: Bool { identity.isShifted }

    /// Whether root of the host makes the device nodes: others are shown the host's.
    var makesDevices: Bool { rootPath != nil && identity.isOfRoot }

    /// A nested /proc shows everything that the run's hides: allowed only if nobody can write there.
    var allowsNestedProc: Bool { isShifted || !identity.isOfRoot }

    var gainsNothing: Bool { !trustsSetuid && rootPath != nil }

    /// The paths to try for the program, in order, as execvp(3) does.
    var candidates: [String] {
        guard let program = command.first, !program.contains("/") else { return Array(command.prefix(1)) }
        let path = environment.first { $0.hasPrefix("PATH=") }?.dropFirst("PATH=".count) ?? "/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(program)" }
    }
}

extension SandboxPlan: CustomStringConvertible {
    /// One line per step, in order.
    package var description: String {
        var lines: [String] = []
        switch identity {
        case .host: lines.append("identity: the caller's, no user namespace")
        case .direct(let users, let groups):
            lines.append("identity: users \(Self.list(users)); groups \(Self.list(groups))")
            if let sharesIds { lines.append("identity: not shifted: \(sharesIds)") }
        case .shifted(let users, let groups):
            lines.append(
                "identity: users \(Self.list(users)); groups \(Self.list(groups)); files keep their own (idmapped mounts)"
            )
        case .subordinate(let users, let groups):
            lines.append("identity: users \(Self.list(users)); groups \(Self.list(groups)), by newuidmap and newgidmap")
        }
        lines.append("network: \(isolatesNetwork ? "none but loopback" : "the host's")")
        if rootPath != nil, trustsSetuid { lines.append("setuid: programs gain privileges") }
        if !limits.isEmpty { lines.append("limits: \(limits)") }
        for rule in rules { lines.append("binfmt: \(rule.name) by \(rule.interpreter)") }
        switch root {
        case .host: lines.append("root: the host's")
        case .tree(let path): lines.append("root: \(path)")
        case .throwaway(let path): lines.append("root: \(path), changes discarded")
        case .layered(let path, let changes): lines.append("root: \(path), changes in \(changes)")
        }
        lines += steps.map { "mount: \($0)" }
        if personality != 0 { lines.append("personality: 0x\(String(personality, radix: 16))") }
        if umask != 0o022 { lines.append("umask: 0\(String(umask, radix: 8))") }
        lines.append("user: \(user.user):\(user.group)")
        if let workingDirectory { lines.append("directory: \(workingDirectory)") }
        lines += environment.map { "environment: \($0)" }
        lines.append("terminal: \(usesTerminal ? "a new one" : "the caller's descriptors")")
        lines.append("command: \(command.joined(separator: " "))")
        return lines.joined(separator: "\n")
    }

    private static func list(_ ranges: [IdentityRange]) -> String {
        ranges.map { "\($0.inside)=\($0.outside)+\($0.count)" }.joined(separator: ", ")
    }
}
