// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// What a run sees in addition to the root's own files.
package enum RootLayout {
    /// A fresh /proc, /dev, /run and /tmp, the host's /sys read-only, and the run's own binfmt_misc if it has one.
    ///
    /// In this order: mounts inside others come after them, and hidden paths after /dev.
    package static func steps(identity: Identity, hasRules: Bool) -> [MountStep] {
        // Group tty is 5 everywhere; it is mapped only if there is more than one id.
        let group = identity.has(group: 5) ? ",gid=5" : ""
        var steps: [MountStep] = [
            .proc(target: "/proc"),
            // A user namespace may mount a sysfs of its own only with its own network.
            .sysfs(target: "/sys"),
            .tmpfs(target: "/dev", mode: 0o755),
        ]
        steps += devices.map { .device(target: FilePath("/dev").appending($0)) }
        steps += [
            .devpts(target: "/dev/pts", options: "newinstance,ptmxmode=0666,mode=620\(group)"),
            .symbolicLink(target: "/dev/ptmx", to: "pts/ptmx"),
            .tmpfs(target: "/dev/shm", mode: 0o1777),
            .messageQueues(target: "/dev/mqueue"),
            .symbolicLink(target: "/dev/fd", to: "/proc/self/fd"),
            .symbolicLink(target: "/dev/stdin", to: "/proc/self/fd/0"),
            .symbolicLink(target: "/dev/stdout", to: "/proc/self/fd/1"),
            .symbolicLink(target: "/dev/stderr", to: "/proc/self/fd/2"),
            .symbolicLink(target: "/dev/core", to: "/proc/kcore"),
        ]
        steps += frozen.map { .frozen(target: $0) } + hidden.map { .hidden(target: $0) }
        steps.append(.controlGroup(target: "/sys/fs/cgroup"))
        if hasRules { steps.append(.binfmt(target: "/proc/sys/fs/binfmt_misc")) }
        steps += [
            .tmpfs(target: "/run", mode: 0o755),
            .directory(target: "/run/lock", mode: 0o1777),
            .tmpfs(target: "/tmp", mode: 0o1777),
        ]
        return steps
    }

    private static let devices = ["null", "zero", "full", "random", "urandom", "tty"]

    /// What containers may read and not write: OCI runtime specification, `readonlyPaths`, as podman and runc fill it.
    private static let frozen: [FilePath] = [
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
    ]

    /// What they do not see: the same, `maskedPaths`; and file systems of the kernel's that are mounted in /sys.
    private static let hidden: [FilePath] = [
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
        "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware", "/sys/devices/virtual/powercap",
        "/sys/fs/bpf", "/sys/fs/fuse/connections", "/sys/fs/pstore", "/sys/kernel/config", "/sys/kernel/debug",
        "/sys/kernel/security", "/sys/kernel/tracing",
    ]

    /// Directories of a root that a host directory must not cover: the root would not work.
    private static let own: Set<String> = [
        "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run", "/sbin", "/sys",
        "/tmp", "/usr", "/usr/bin", "/usr/include", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec",
        "/usr/local", "/usr/sbin", "/usr/share", "/var", "/var/cache", "/var/lib", "/var/log", "/var/tmp",
    ]

    /// Whether a directory of the host may be mounted at the same path in a root.
    package static func maySharePath(_ path: FilePath) -> Bool {
        guard path.isAbsolute, !own.contains(path.string) else { return false }
        return !["/proc", "/sys", "/dev", "/etc"].contains { path.starts(with: FilePath($0)) }
    }
}
