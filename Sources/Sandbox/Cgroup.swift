// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// A cgroup of one run's, which holds its limits; gone with this value. What a killed mangrove left the next one removes.
package struct Cgroup: ~Copyable {
    private let limits: ResourceLimits
    /// Of all runs below one parent.
    private let shared: FilePath
    private let path: FilePath
    /// Locked (flock(2)) as long as the cgroup is somebody's.
    private let lock: OwnedDescriptor

    /// Where the run is: below the one with the limits, so that the top one of its cgroup namespace has none that it could
    /// change.
    private var inside: FilePath { path.appending("inside") }

    /// Makes one with `limits`, where this machine can hold them.
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
        // What was killed with the run's first process takes a moment to be gone.
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
                // Where swap is counted: none of it. Where one process is killed for want of memory, all are.
                try? path.set("memory.swap.max", to: "0")
                try? path.set("memory.oom.group", to: "1")
            }
            if let quota = limits.quota { try path.set("cpu.max", to: "\(quota) \(ResourceLimits.period)") }
            // Two more for mangrove's own: the run's first process, and the one that has made its mounts, which counts
            // until it is reaped at the end.
            if let processes = limits.processes { try path.set("pids.max", to: String(processes + 2)) }
        } catch {
            throw Self.failed(error.path, error.errno)
        }
    }

    /// Puts a process into it that has not executed anything yet.
    package func add(_ process: Int32) throws(SandboxError) {
        do throws(FilesystemError) {
            try inside.set("cgroup.procs", to: String(process))
        } catch {
            throw Self.failed(inside, error.errno)
        }
    }

    /// What a user should know of a run that is over.
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

    /// Removes what nobody holds.
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

    /// Whether limits were asked for that this machine does not hold.
    package var refusesLimits: Bool {
        if case .limitsUnavailable = code { true } else { false }
    }
}
