// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The cgroup of a run, with its limits; removed with this value. The next mangrove removes what a killed one left.
package struct Cgroup: ~Copyable {
    private let limits: ResourceLimits
    /// The parent of the cgroups of all runs.
    private let shared: FilePath
    private let path: FilePath
    /// Locked (flock(2)) while the cgroup is in use.
    private let lock: OwnedDescriptor

    /// The run's cgroup, below the one with the limits, so that the top of its cgroup namespace has no limits that it
    /// could change.
    private var inside: FilePath { path.appending("inside") }

    /// Creates one with `limits`, if this machine can enforce them.
    package static func make(_ limits: ResourceLimits) throws(SandboxError) -> Cgroup {
        try make(limits, below: CgroupHierarchy.parent(for: limits.controllers))
    }

    static func make(_ limits: ResourceLimits, below parent: FilePath) throws(SandboxError) -> Cgroup {
        let shared = parent.appending("mangrove")
        sweep(shared)
        for attempt in 0..<100 {
            // Another run's end may remove it in between.
            if let error = shared.makeCgroup(), error != .fileExists { throw failed(shared, error) }
            let path = shared.appending("run-\(getpid())-\(attempt)")
            if let error = path.makeCgroup() {
                if [.fileExists, .noSuchFileOrDirectory].contains(error) { continue }
                throw failed(path, error)
            }
            guard let lock = locked(path), path.appending("inside").makeCgroup() == nil else { continue }
            let cgroup = Cgroup(limits: limits, shared: shared, path: path, lock: lock)
            try cgroup.apply()
            return cgroup
        }
        throw failed(shared, .resourceTemporarilyUnavailable)
    }

    private init(limits: ResourceLimits, shared: FilePath, path: FilePath, lock: consuming OwnedDescriptor) {
        self.limits = limits
        self.shared = shared
        self.path = path
        self.lock = lock
    }

    deinit {
        // Processes killed with the run's first process take a moment to exit.
        for _ in 0..<200 where !Self.remove(path) { usleep(5000) }
        shared.removeCgroup()
    }

    private func apply() throws(SandboxError) {
        do throws(FilesystemError) {
            guard shared.enable(limits.controllers) else {
                throw FilesystemError("write", shared.appending("cgroup.subtree_control"), .resourceBusy)
            }
            if let memory = limits.memory {
                try path.set("memory.max", to: String(memory))
                // If swap is accounted: allow none. If one process is killed for lack of memory, kill all.
                try? path.set("memory.swap.max", to: "0")
                try? path.set("memory.oom.group", to: "1")
            }
            if let quota = limits.quota { try path.set("cpu.max", to: "\(quota) \(ResourceLimits.period)") }
            // Two more for mangrove's own: the run's first process, and the one that made its mounts, which counts
            // until it is reaped at the end.
            if let processes = limits.processes { try path.set("pids.max", to: String(processes + 2)) }
        } catch {
            throw Self.failed(error.path, error.errno)
        }
    }

    /// Adds a process that has not executed anything yet.
    package func add(_ process: Int32) throws(SandboxError) {
        do throws(FilesystemError) {
            try inside.set("cgroup.procs", to: String(process))
        } catch {
            throw Self.failed(inside, error.errno)
        }
    }

    /// Messages about a finished run.
    package func findings() -> [String] {
        var findings: [String] = []
        if let memory = limits.memoryText, path.count("oom_kill", in: "memory.events") > 0,
            path.count("oom", in: "memory.events") > 0
        {
            findings.append("killed: exceeded --memory \(memory)")
        }
        if let processes = limits.processes, path.count("max", in: "pids.events") > 0 {
            findings.append("needed more processes than --pids \(processes)")
        }
        return findings
    }

    private static func failed(_ path: FilePath, _ errno: Errno) -> SandboxError {
        .limits("\(path): \(errno)", remedy: "run it where this cgroup is writable, or without limits")
    }

    private static func locked(_ path: FilePath) -> OwnedDescriptor? {
        guard let lock = try? OwnedDescriptor.open(path, .readOnly, options: .directory),
            flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0
        else { return nil }
        return lock
    }

    private static func remove(_ path: FilePath) -> Bool {
        path.appending("inside").removeCgroup()
        return path.removeCgroup() || Errno.last == .noSuchFileOrDirectory
    }

    /// Removes cgroups that are not in use.
    private static func sweep(_ shared: FilePath) {
        for name in (try? Directory.open(shared).names()) ?? [] where name.string.hasPrefix("run-") {
            let path = shared.appending(name)
            guard let lock = locked(path) else { continue }
            _ = remove(path)
            withExtendedLifetime(lock.rawValue) {}
        }
    }
}

extension SandboxError {
    static func limits(_ why: String, remedy: String) -> SandboxError {
        SandboxError(.limitsUnavailable(why: why, remedy: remedy), "")
    }

    /// Whether limits were requested that this machine cannot enforce.
    package var refusesLimits: Bool {
        if case .limitsUnavailable = code { true } else { false }
    }
}
