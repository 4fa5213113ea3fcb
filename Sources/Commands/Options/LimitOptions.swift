// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Sandbox

/// How much of the machine a run may have.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Kill the run where it needs more memory than this: a number with K, M, G or T (cgroup v2).",
            valueName: "size"))
    var memory: String?

    @Option(help: ArgumentHelp("Give the run the time of this many processors, such as 2 or 0.5.", valueName: "number"))
    var cpus: String?

    @Option(help: ArgumentHelp("Let the run have this many processes and threads at once.", valueName: "number"))
    var pids: UInt32?

    func limits() throws -> ResourceLimits {
        var limits = ResourceLimits()
        if let memory {
            limits.memory = ResourceLimits.memory(parsing: memory)
            guard limits.memory != nil else {
                throw ValidationError("--memory \(memory): it should read like 512M or 1.5G, and be 1M at least")
            }
        }
        if let cpus {
            limits.quota = ResourceLimits.quota(parsing: cpus)
            guard limits.quota != nil else {
                throw ValidationError("--cpus \(cpus): it should read like 2 or 0.5, and be 0.01 at least")
            }
        }
        if let pids {
            guard pids > 0 else { throw ValidationError("--pids 0: the command itself is one") }
            limits.processes = UInt64(pids)
        }
        return limits
    }
}
