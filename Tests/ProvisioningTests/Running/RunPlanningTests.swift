// SPDX-License-Identifier: Apache-2.0

import Failures
import Filesystem
import Fixtures
import Sandbox
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct RunPlanningTests {
    static let many = Identity.subordinate(
        users: [.init(inside: 0, outside: 1000, count: 1), .init(inside: 1, outside: 100_000, count: 65536)],
        groups: [.init(inside: 0, outside: 1000, count: 1), .init(inside: 1, outside: 100_000, count: 65536)])
    static let one = Identity.direct(
        users: [.init(inside: 0, outside: 1000, count: 1)], groups: [.init(inside: 0, outside: 1000, count: 1)])
    static let none = EmulationChoice(rules: [], environment: [:], personality: 0)

    private func withTree(_ body: (FilePath) throws -> Void) throws {
        try withScratchDirectory { scratch in
            try scratch.appending("etc").makeDirectories()
            try AtomicFile.write(
                Array("root:x:0:0::/root:/bin/bash\nbuild:x:7:8::/home/b:/bin/ash\n".utf8),
                to: scratch.appending("etc/passwd"))
            try body(scratch)
        }
    }

    private func plan(
        _ request: RunRequest, _ tree: FilePath, identity: Identity = many, at directory: FilePath = "/home/u/xen",
        emulation: EmulationChoice = none
    ) throws -> SandboxPlan {
        try SandboxPlan(
            request, tree: tree, hostname: "xen",
            caller: Caller(identity: identity, currentDirectory: directory, environment: ["TERM": "xterm"]),
            emulation: emulation)
    }

    @Test func aRunIsPlannedWhole() throws {
        try withTree { (tree) throws in
            var request = RunRequest(command: ["make"])
            request.environment = ["V": "1"]
            request.binds = [try BindOption(parsing: "/opt/x:/x:ro", relativeTo: "/")]
            let plan = try plan(
                request, tree,
                emulation: EmulationChoice(rules: [], environment: ["QEMU_CPU": "max"], personality: 0x40000))
            #expect(
                plan.description == """
                    identity: users 0=1000+1, 1=100000+65536; groups 0=1000+1, 1=100000+65536, by newuidmap and newgidmap
                    network: the host's
                    root: \(tree)
                    mount: proc at /proc
                    mount: the host's sysfs at /sys, read-only
                    mount: tmpfs at /dev, mode 755
                    mount: device /dev/null
                    mount: device /dev/zero
                    mount: device /dev/full
                    mount: device /dev/random
                    mount: device /dev/urandom
                    mount: device /dev/tty
                    mount: devpts at /dev/pts, newinstance,ptmxmode=0666,mode=620,gid=5
                    mount: symbolic link /dev/ptmx to pts/ptmx
                    mount: tmpfs at /dev/shm, mode 1777
                    mount: mqueue at /dev/mqueue
                    mount: symbolic link /dev/fd to /proc/self/fd
                    mount: symbolic link /dev/stdin to /proc/self/fd/0
                    mount: symbolic link /dev/stdout to /proc/self/fd/1
                    mount: symbolic link /dev/stderr to /proc/self/fd/2
                    mount: symbolic link /dev/core to /proc/kcore
                    mount: /proc/bus read-only
                    mount: /proc/fs read-only
                    mount: /proc/irq read-only
                    mount: /proc/sys read-only
                    mount: /proc/sysrq-trigger read-only
                    mount: nothing at /proc/acpi
                    mount: nothing at /proc/asound
                    mount: nothing at /proc/kcore
                    mount: nothing at /proc/keys
                    mount: nothing at /proc/latency_stats
                    mount: nothing at /proc/sched_debug
                    mount: nothing at /proc/scsi
                    mount: nothing at /proc/timer_list
                    mount: nothing at /proc/timer_stats
                    mount: nothing at /sys/firmware
                    mount: nothing at /sys/devices/virtual/powercap
                    mount: nothing at /sys/fs/bpf
                    mount: nothing at /sys/fs/fuse/connections
                    mount: nothing at /sys/fs/pstore
                    mount: nothing at /sys/kernel/config
                    mount: nothing at /sys/kernel/debug
                    mount: nothing at /sys/kernel/security
                    mount: nothing at /sys/kernel/tracing
                    mount: the run's own cgroup at /sys/fs/cgroup, read-only
                    mount: tmpfs at /run, mode 755
                    mount: directory /run/lock, mode 1777
                    mount: tmpfs at /tmp, mode 1777
                    mount: bind /home/u/xen at /home/u/xen
                    mount: bind /opt/x at /x, read-only
                    personality: 0x40000
                    user: 0:0
                    directory: /home/u/xen
                    environment: HOME=/root
                    environment: LANG=C.UTF-8
                    environment: LOGNAME=root
                    environment: PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
                    environment: QEMU_CPU=max
                    environment: SHELL=/bin/bash
                    environment: TERM=xterm
                    environment: USER=root
                    environment: V=1
                    environment: container=mangrove
                    terminal: the caller's descriptors
                    command: make
                    """)
        }
    }

    @Test func aShellIsTheAccountsOwnAndALoginShell() throws {
        try withTree { (tree) throws in
            var request = RunRequest(command: [])
            request.user = "build"
            #expect(try plan(request, tree).command == ["/bin/ash", "-l"])
        }
    }

    @Test func whereItRuns() throws {
        try withTree { (tree) throws in
            var request = RunRequest(command: ["make"])
            request.user = "build"
            // A directory of the root's own, or in the root: not shared.
            for directory in ["/usr/lib", tree, tree.appending("srv")] {
                let plan = try plan(request, tree, at: directory)
                #expect(plan.workingDirectory == "/")
                #expect(!plan.steps.contains { $0.target == directory })
            }
            request.workingDirectory = "/srv"
            let plan = try plan(request, tree)
            #expect(plan.workingDirectory == "/srv")
            #expect(plan.steps.contains { $0.target == "/home/u/xen" })
        }
    }

    @Test func aPrivateDirectoryIsSharedWhenAskedFor() throws {
        try withTree { (tree) throws in
            let caller = Caller(
                identity: Self.many, currentDirectory: "/home/u", isDirectoryPrivate: true, environment: [:])
            var request = RunRequest(command: ["make"])
            func plan() throws -> SandboxPlan {
                try SandboxPlan(request, tree: tree, hostname: "xen", caller: caller, emulation: Self.none)
            }
            let step = MountStep.bind(source: "/home/u", target: "/home/u", readOnly: false, optional: false)
            #expect(try plan().workingDirectory == "/")
            #expect(try !plan().steps.contains(step))
            request.binds = [try BindOption(parsing: ".", relativeTo: "/home/u")]
            #expect(try plan().workingDirectory == "/home/u")
            #expect(try plan().steps.contains(step))
        }
    }

    /// With one id apt cannot become another user.
    @Test func aptIsToldWhereThereIsOneId() throws {
        try withTree { (tree) throws in
            let single = try plan(RunRequest(command: ["apt"]), tree, identity: Self.one)
            let step = MountStep.file(
                target: "/run/mangrove-apt.conf", contents: "APT::Sandbox::User \"root\";\n")
            #expect(single.steps.contains(step))
            #expect(single.environment.contains("APT_CONFIG=/run/mangrove-apt.conf"))
            let usual = try plan(RunRequest(command: ["apt"]), tree)
            #expect(!usual.steps.contains(step))
            #expect(!usual.environment.contains { $0.hasPrefix("APT_CONFIG") })
        }
    }

    @Test func whatIsAskedForIsInThePlan() throws {
        try withTree { (tree) throws in
            var request = RunRequest(command: ["x"])
            request.isThrowaway = true
            request.isolatesNetwork = true
            request.usesTerminal = true
            let plan = try plan(request, tree)
            #expect(plan.root == .throwaway(tree))
            #expect(plan.isolatesNetwork && plan.usesTerminal)
        }
    }

    /// They would be resolved on the host.
    @Test func linksAtTheRootsOwnFilesAreNotFollowed() throws {
        try withTree { (tree) throws in
            let other = tree.appending("other")
            try Directory.open(tree).rename("etc", to: "other")
            try Directory.open(tree).makeSymbolicLink("etc", to: other.string)
            #expect(try plan(RunRequest(command: []), tree).command == ["/bin/sh", "-l"])
            try Directory.open(tree).unlink("etc")
            try tree.appending("etc").makeDirectories()
            try Directory.open(tree.appending("etc")).makeSymbolicLink("passwd", to: other.appending("passwd").string)
            #expect(throws: ProvisioningError.self) { try plan(RunRequest(command: []), tree) }
        }
    }

    @Test func aUserThatIsNotThereIsAnError() throws {
        try withTree { (tree) throws in
            var request = RunRequest(command: ["x"])
            request.user = "nobody"
            let error = #expect(throws: ProvisioningError.self) { try plan(request, tree) }
            #expect(error?.status == .usage)
        }
    }
}
