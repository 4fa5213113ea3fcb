// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Sandbox

/// How much of the machine a run may have.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Kill the run beyond this much memory, such as 2G.",
            valueName: "size"))
    var memory: String?

    @Option(help: ArgumentHelp("Limit the run to this many CPUs, such as 2 or 0.5.", valueName: "number"))
    var cpus: String?

    @Option(help: ArgumentHelp("Limit the run to this many processes and threads.", valueName: "number"))
    var pids: UInt32?

    func limits() throws -> ResourceLimits {
        var limits = ResourceLimits()
        if let memory {
            limits.memory = ResourceLimits.memory(parsing: memory)
            guard limits.memory != nil else {
                throw ValidationError("--memory \(memory): expected a size of at least 1M, such as 512M or 1.5G")
            }
        }
        if let cpus {
            limits.quota = ResourceLimits.quota(parsing: cpus)
            guard limits.quota != nil else {
                throw ValidationError("--cpus \(cpus): expected a number of at least 0.01, such as 2 or 0.5")
            }
        }
        if let pids {
            guard pids > 0 else { throw ValidationError("--pids 0: expected a number greater than 0") }
            limits.processes = UInt64(pids)
        }
        return limits
    }
}
