// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
package import SystemPackage

/// Directories of the host that hold more than one project: system directories, home directories, and their parents.
/// None is shared with a run merely for being the current one.
///
/// Identified by device and inode, so that bind mounts and other spellings make no difference.
package struct PrivateDirectories: Sendable {
    private struct Identity: Hashable {
        let device: dev_t
        let inode: ino_t

        /// nil where there is nothing.
        init?(_ path: FilePath) {
            var status = stat()
            guard unsafe stat(path.string, &status) == 0 else { return nil }
            (device, inode) = (status.st_dev, status.st_ino)
        }
    }

    /// hier(7), except /mnt, where people mount what they work on.
    private static let system: [FilePath] = [
        "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/libx32", "/media", "/opt", "/proc",
        "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/include", "/usr/lib", "/usr/lib32",
        "/usr/lib64", "/usr/libexec", "/usr/local", "/usr/sbin", "/usr/share", "/usr/src", "/var", "/var/cache",
        "/var/lib", "/var/log", "/var/opt", "/var/spool", "/var/tmp",
    ]

    private let identities: Set<Identity>

    /// With `homes`, and the directories that each lies in.
    package init(homes: [FilePath], system: [FilePath] = Self.system) {
        var found = Set(system.compactMap { Identity($0) })
        for home in homes where home.isAbsolute {
            // The directory itself, not a link to it.
            var path = (try? home.resolved()) ?? home
            while let identity = Identity(path) {
                found.insert(identity)
                if !path.removeLastComponent() { break }
            }
        }
        identities = found
    }

    package func contain(_ directory: FilePath) -> Bool {
        Identity(directory).map(identities.contains) ?? false
    }

    /// The caller's home directories: `HOME`, the account's, and that of the account that called sudo(8).
    package static func homes(environment: [String: String]) -> [FilePath] {
        var homes = [environment["HOME"], unsafe home(of: getpwuid(geteuid()))]
        if let caller = environment["SUDO_USER"] { unsafe homes.append(home(of: getpwnam(caller))) }
        return homes.compactMap { $0.map { FilePath($0) } }
    }

    private static func home(of entry: UnsafeMutablePointer<passwd>?) -> String? {
        guard let entry = unsafe entry, let home = unsafe entry.pointee.pw_dir else { return nil }
        return unsafe String(cString: home)
    }
}
