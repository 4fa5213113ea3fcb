// SPDX-License-Identifier: Apache-2.0

import Emulation
import SystemPackage
import Testing

@testable import Sandbox

@Suite struct SandboxPlanTests {
    static let ranges = [
        IdentityRange(inside: 0, outside: 1000, count: 1), IdentityRange(inside: 1, outside: 100_000, count: 65536),
    ]

    static func plan() -> SandboxPlan {
        var plan = SandboxPlan(
            root: .throwaway("/roots/xen"), identity: .subordinate(users: ranges, groups: ranges),
            command: ["make", "-j4"])
        plan.isolatesNetwork = true
        plan.rules = [BinfmtRule(name: "arm64", magic: [0x7F], interpreter: "/usr/bin/qemu", flags: .fixBinary)]
        plan.steps = [
            .proc(target: "/proc"), .binfmt(target: "/proc/sys/fs/binfmt_misc"),
            .bind(source: "/sys", target: "/sys", readOnly: true, optional: true),
            .tmpfs(target: "/tmp", mode: 0o1777), .devpts(target: "/dev/pts", options: "newinstance"),
            .messageQueues(target: "/dev/mqueue"), .directory(target: "/run/lock", mode: 0o1777),
            .file(target: "/run/a", contents: "é"), .symbolicLink(target: "/dev/fd", to: "/proc/self/fd"),
            .bind(source: "/home/u", target: "/home/u", readOnly: false, optional: false),
        ]
        plan.hostname = "xen"
        plan.personality = 0x40000
        plan.user = .init(user: 5, group: 6, groups: [6, 7])
        plan.workingDirectory = "/home/u"
        plan.environment = ["A=b", "PATH=/x:/y"]
        plan.usesTerminal = true
        return plan
    }

    /// What `--dry-run` prints.
    @Test func readsInTheOrderThingsAreDone() {
        #expect(
            Self.plan().description == """
                identity: users 0=1000+1, 1=100000+65536; groups 0=1000+1, 1=100000+65536, by newuidmap and newgidmap
                network: none but loopback
                binfmt: arm64 by /usr/bin/qemu
                root: /roots/xen, changes discarded
                mount: proc at /proc
                mount: the run's own binfmt_misc at /proc/sys/fs/binfmt_misc, read-only
                mount: bind /sys at /sys, read-only
                mount: tmpfs at /tmp, mode 1777
                mount: devpts at /dev/pts, newinstance
                mount: mqueue at /dev/mqueue
                mount: directory /run/lock, mode 1777
                mount: file /run/a, 2 bytes
                mount: symbolic link /dev/fd to /proc/self/fd
                mount: bind /home/u at /home/u
                personality: 0x40000
                user: 5:6
                directory: /home/u
                environment: A=b
                environment: PATH=/x:/y
                terminal: a new one
                command: make -j4
                """)
    }

    @Test func aPlainOneReadsSo() {
        let plan = SandboxPlan(root: .host, identity: .host, command: ["true"])
        #expect(
            plan.description == """
                identity: the caller's, no user namespace
                network: the host's
                root: the host's
                user: 0:0
                terminal: the caller's descriptors
                command: true
                """)
    }

    @Test func equalPlansAreEqualAndOthersNot() {
        #expect(Self.plan() == Self.plan())
        var other = Self.plan()
        other.steps[3] = .tmpfs(target: "/tmp", mode: 0o755)
        #expect(other != Self.plan())
    }

    @Test func programsAreLookedUpInThePathThatTheyGet() {
        var plan = Self.plan()
        #expect(plan.candidates == ["/x/make", "/y/make"])
        plan.command = ["./make"]
        #expect(plan.candidates == ["./make"])
        plan.command = ["/bin/make"]
        #expect(plan.candidates == ["/bin/make"])
        plan.command = ["make"]
        plan.environment = []
        #expect(plan.candidates == ["/usr/bin/make", "/bin/make"])
        plan.command = []
        #expect(plan.candidates.isEmpty)
    }
}
