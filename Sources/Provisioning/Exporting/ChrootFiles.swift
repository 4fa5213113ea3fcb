// SPDX-License-Identifier: Apache-2.0

internal import Extraction

/// What a tree needs for chroot(1), as debootstrap makes it. A root has none of it: each run has its own /dev and /run.
enum ChrootFiles {
    /// By path below the root.
    static let overrides: [String: TreeArchive.Override] = [
        // Debian's /var/lock leads there.
        "run/lock": .directory(permissions: 0o1777),
        "dev/null": .device(major: 1, minor: 3, permissions: 0o666),
        "dev/zero": .device(major: 1, minor: 5, permissions: 0o666),
        "dev/full": .device(major: 1, minor: 7, permissions: 0o666),
        "dev/random": .device(major: 1, minor: 8, permissions: 0o666),
        "dev/urandom": .device(major: 1, minor: 9, permissions: 0o666),
        "dev/tty": .device(major: 5, minor: 0, permissions: 0o666),
        "dev/console": .device(major: 5, minor: 1, permissions: 0o600),
        "dev/ptmx": .symbolicLink("pts/ptmx"), "dev/fd": .symbolicLink("/proc/self/fd"),
        "dev/stdin": .symbolicLink("/proc/self/fd/0"), "dev/stdout": .symbolicLink("/proc/self/fd/1"),
        "dev/stderr": .symbolicLink("/proc/self/fd/2"),
    ]
}
