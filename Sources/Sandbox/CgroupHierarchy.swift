// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import Processes
package import SystemPackage

/// This process's place in the cgroup v2 hierarchy, and where it may create cgroups.
package struct CgroupHierarchy: Sendable {
    /// Its mount point.
    let top: FilePath
    /// This process's own cgroup in it.
    let own: FilePath

    package init(top: FilePath, own: FilePath) {
        self.top = top
        self.own = own
    }

    /// nil where no cgroup v2 is mounted.
    static func current() -> CgroupHierarchy? {
        guard let table = try? MountTable.current(),
            let mount = table.mounts.first(where: { $0.fileSystem == "cgroup2" }),
            let bytes = try? FilePath("/proc/self/cgroup").readFile(),
            let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first(where: {
                $0.hasPrefix("0::/")
            })
        else { return nil }
        let own = mount.point.pushing(FilePath(String(line.dropFirst("0::/".count))))
        // In a container the mount may begin at its own cgroup, while the name is the host's.
        let isThere = unsafe access(own.string, F_OK) == 0
        return CgroupHierarchy(top: mount.point, own: isThere ? own : mount.point)
    }

    /// A cgroup below which this process may create others with `controllers`: in a scope that systemd delegates to it,
    /// else the nearest ancestor that it may manage.
    static func parent(for controllers: [String]) throws(SandboxError) -> FilePath {
        guard let now = current() else { throw .limits("no cgroup v2 is mounted", remedy: remedyForVersion1) }
        let there = now.top.words("cgroup.controllers")
        if let missing = controllers.first(where: { !there.contains($0) }) {
            throw .limits("cgroup v2 lacks the \(missing) controller: version 1 has it", remedy: remedyForVersion1)
        }
        let refusal = SystemdScope.isPossible ? SystemdScope.enter() : nil
        let hierarchy = SystemdScope.isPossible && refusal == nil ? Self.current() ?? now : now
        guard let found = hierarchy.parent(for: controllers) else {
            let list = controllers.joined(separator: ", ")
            throw .limits(
                refusal ?? "no cgroup delegated to this user has \(list)",
                remedy: geteuid() == 0
                    ? remedyForRoot : SystemdScope.isPossible ? remedyForUsers : remedyForUsersWithoutSystemd)
        }
        return found
    }

    private static let remedyForVersion1 =
        "boot with systemd.unified_cgroup_hierarchy=1 (without systemd: cgroup_no_v1=all, and mount cgroup2)"
    private static let remedyForRoot =
        "in a container: give it a cgroup namespace with /sys/fs/cgroup writable, and start mangrove in a cgroup below it"
    private static let remedyForUsers =
        "log in with systemd (loginctl enable-linger), and set Delegate=cpu memory pids for user@.service"

    private static let remedyForUsersWithoutSystemd =
        "as root, give the user a cgroup (chown it, its cgroup.procs and cgroup.subtree_control), and start a shell below it"

    func parent(for controllers: [String], process: Int32 = getpid()) -> FilePath? {
        var path = own
        while path.starts(with: top) {
            if divide(path, controllers, process) { return path }
            guard path != top, path.removeLastComponent() else { return nil }
        }
        return nil
    }

    /// Enables `controllers` for cgroups below `path`. False if that is impossible.
    private func divide(_ path: FilePath, _ controllers: [String], _ process: Int32) -> Bool {
        guard path.isWritable(""), path.isWritable("cgroup.procs"), path.isWritable("cgroup.subtree_control"),
            Set(path.words("cgroup.controllers")).isSuperset(of: controllers),
            [[], ["domain"]].contains(path.words("cgroup.type"))
        else { return false }
        // A cgroup has either processes or child cgroups with controllers, except the machine's top one, which has no
        // type ("No Internal Process Constraint"). Threaded controllers are available to threads only.
        if path.setting("cgroup.type") != nil {
            let processes = path.words("cgroup.procs")
            if processes == [String(process)] {
                let aside = path.appending("supervisor")
                guard [nil, .fileExists].contains(aside.makeCgroup()),
                    (try? aside.set("cgroup.procs", to: String(process))) != nil
                else { return false }
            } else if !processes.isEmpty {
                return false
            }
        }
        return path.enable(controllers)
    }
}

extension FilePath {
    /// Enables `controllers` for the cgroups below this one.
    func enable(_ controllers: [String]) -> Bool {
        let missing = controllers.filter { !words("cgroup.subtree_control").contains($0) }
        guard !missing.isEmpty else { return true }
        return (try? set("cgroup.subtree_control", to: missing.map { "+\($0)" }.joined(separator: " "))) != nil
    }
}
