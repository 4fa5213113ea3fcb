// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import ArgumentParser
internal import Emulation
internal import Failures
internal import Glibc
internal import Provisioning
internal import Sandbox
internal import SystemPackage
internal import Terminal

/// What is asked of a run, by options of `run` and `shell` or without any.
struct RunSettings: Equatable {
    var user: String?
    var workdir: String?
    var bind: [String] = []
    var env: [String] = []
    var toolchain: Toolchain?
    var throwaway = false
    var isolatesNetwork = false
    var limits = ResourceLimits()
    var cpu: String?
    var setuid = false
    var isolation = Isolation.full
    var acceleration = AccelerationWish()
    var profile = false
    var format = OutputFormat.table
    var dryRun = false
    /// Compilers of which nothing is known are compared first.
    var isPatient = false
    /// In a root that builds are made in.
    var isInLayer = false

    func request(_ command: [String]) throws -> RunRequest {
        var request = RunRequest(command: command)
        request.user = user
        request.workingDirectory = workdir.map { FilePath($0) }
        request.binds = try bind.map { try BindOption(parsing: $0, relativeTo: Surroundings.workingDirectory) }
        request.environment = try EnvironmentAssignment.parse(env)
        if let toolchain { request.use(toolchain) }
        request.isThrowaway = throwaway
        request.isolatesNetwork = isolatesNetwork
        request.limits = limits
        request.cpu = cpu
        request.trustsSetuid = setuid
        request.isProfiled = profile
        request.usesTerminal = isatty(0) == 1 && isatty(1) == 1 && !StandardDescriptors.isInBackground
        return request
    }

    /// Runs, and throws the command's own status unless it is 0.
    func run(_ command: [String], in name: String) throws {
        let locations = try Surroundings.locations()
        let store = RootStore(isInLayer ? locations.layers : locations.roots)
        let accelerator = try acceleration.accelerator(for: store.find(name), locations)
        let caller = try isolation.caller()
        let request = try request(command)
        guard !dryRun else {
            let run = try AcceleratedRun(request, in: name, of: store, caller: caller, accelerator: accelerator)
            try check(run.obstacle, isAccelerated: run.isAccelerated, accelerator)
            if let obstacle = run.obstacle { FailureRendering.note("not accelerated: \(obstacle.summary)") }
            if let note = run.note { FailureRendering.note(note) }
            return try Console.print("\(try run.plan.shifted().description)\n")
        }
        while true {
            do {
                return try perform(request, in: name, of: store, caller, accelerator, locations)
            } catch let error as ProvisioningError where error.isOfReplacedRoot {
                // Refreshed since it was planned: nothing has begun yet.
                continue
            }
        }
    }

    private func perform(
        _ request: RunRequest, in name: String, of store: RootStore, _ caller: Caller, _ accelerator: Accelerator?,
        _ locations: Locations
    ) throws {
        let errands = RunErrands(ofLayers: isInLayer)
        guard
            var run = try AcceleratedRun.prepare(
                request, in: name, of: store, caller: caller,
                known: KnownVersions(locations.cache.appending("interpreters")), accelerator: accelerator,
                isPatient: isPatient, errands: errands, workers: Surroundings.workers)
        else { throw ExitCode(125) }
        // After the processes that make a tools tree, which would inherit it, and before anything that could make a
        // thread: threads inherit the mask.
        let signals = try ForwardedSignals()
        let notes = run.write()
        try check(run.obstacle, isAccelerated: run.isAccelerated, accelerator)
        for note in notes { FailureRendering.note(note) }
        if let note = run.note { FailureRendering.note(note) }
        var descriptors = StandardDescriptors()
        // A terminal takes errors too, unless they go elsewhere.
        if request.usesTerminal, isatty(2) == 1 { descriptors.error = -1 }
        // In a session of its own the command would not be stopped where it reads, but take what the shell is typed.
        if StandardDescriptors.isInBackground { descriptors.input = -1 }
        var spent: RunProfile?
        let adviser = profile ? run.adviser : nil
        let status = try run.perform(
            descriptors: descriptors, signals: signals, errands: errands, profile: &spent)
        if let spent {
            try? OutputRendering.show(
                ProfileReport(profile: spent, advice: adviser?.advice(on: spent) ?? []), as: format, on: .standardError)
        }
        if status != 0 { throw ExitCode(status) }
    }

    /// What is an error where acceleration was required, or is needed for the profile.
    private func check(_ obstacle: ProvisioningError?, isAccelerated: Bool, _ accelerator: Accelerator?) throws {
        if let obstacle, accelerator?.choice.isRequired == true { throw obstacle }
        guard !profile || isAccelerated else {
            throw ValidationError("--profile requires an accelerated run: the dispatcher counts")
        }
    }
}
