// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// What a run sees besides the root's own files.
package enum RootLayout {
    /// A fresh /proc, /dev, /run and /tmp, the host's /sys read-only, and the run's own binfmt_misc if it has one.
    ///
    /// In this order: what lies in a mount comes after it.
    package static func steps(identity: Identity, hasRules: Bool) -> [MountStep] {
        var steps: [MountStep] = [.proc(target: "/proc")]
        if hasRules { steps.append(.binfmt(target: "/proc/sys/fs/binfmt_misc")) }
        // Recursive, and the host's: a user namespace may mount a sysfs of its own only with its own network.
        steps.append(.bind(source: "/sys", target: "/sys", readOnly: true, optional: true))
        steps.append(.tmpfs(target: "/dev", mode: 0o755))
        // Nodes cannot be made in a user namespace; the host's are bound one by one.
        for node in ["null", "zero", "full", "random", "urandom", "tty"] {
            let path = FilePath("/dev").appending(node)
            steps.append(.bind(source: path, target: path, readOnly: false, optional: false))
        }
        // 5 is the group tty everywhere; it is mapped only where more than one id is.
        let group = identity.isSingle ? "" : ",gid=5"
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
            .tmpfs(target: "/run", mode: 0o755),
            .directory(target: "/run/lock", mode: 0o1777),
            .tmpfs(target: "/tmp", mode: 0o1777),
        ]
        return steps
    }

    /// Directories of a root that a directory of the host must not be mounted over: the root would not work.
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
