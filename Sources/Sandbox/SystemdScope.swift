// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import Processes
internal import SystemPackage

/// A systemd scope (systemd.scope(5)) that contains this process and is delegated to it: with systemd, cgroups may only
/// be created below such a scope (systemd, "Control Group APIs and Delegation"). It disappears with its last process.
enum SystemdScope {
    /// Whether systemd runs (sd_booted(3)).
    static var isPossible: Bool { unsafe access("/run/systemd/system", F_OK) == 0 }

    /// Moves this process into a new one. nil on success, else the reason.
    static func enter() -> String? {
        guard let program = ChildProcess.find("busctl") else { return "systemd's busctl is not installed" }
        let process = getpid()
        let before = try? FilePath("/proc/self/cgroup").readFile()
        let arguments = [
            geteuid() == 0 ? "--system" : "--user", "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
            "org.freedesktop.systemd1.Manager", "StartTransientUnit", "ssa(sv)a(sa(sv))",
            "mangrove-\(process).scope", "fail", "4", "Description", "s", "A run of mangrove with limits",
            "PIDs", "au", "1", String(process), "Delegate", "b", "true", "CollectMode", "s", "inactive-or-failed", "0",
        ]
        var environment: [String] = []
        for name in ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] {
            if let value = unsafe getenv(name) { environment.append("\(name)=\(unsafe String(cString: value))") }
        }
        guard
            let call = try? ChildProcess.run(program, arguments, environment: environment, timeout: .seconds(10)),
            call.succeeded
        else { return "systemd refuses a scope for this user" }
        // The reply only confirms a queued job.
        for _ in 0..<500 {
            if (try? FilePath("/proc/self/cgroup").readFile()) != before { return nil }
            usleep(10_000)
        }
        return "systemd did not create the scope within 5 s"
    }
}
