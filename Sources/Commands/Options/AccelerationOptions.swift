// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Filesystem
internal import Processes
internal import Provisioning
internal import SystemPackage

/// How much of a root runs as the host's own programs.
struct AccelerationOptions: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help: "Run programs that do not depend on the machine as the host's own; an error where that cannot be had.")
    var accelerate: Bool?

    @Option(help: ArgumentHelp("How much of it.", valueName: "extent"))
    var acceleration: AccelerationChoice.Extent?

    func validate() throws {
        if accelerate == false, let acceleration, acceleration != .off {
            throw ValidationError("--no-accelerate and --acceleration \(acceleration.rawValue) contradict each other")
        }
        if accelerate == true, acceleration == .off {
            throw ValidationError("--accelerate and --acceleration off contradict each other")
        }
    }

    /// What was asked for; where nothing was, what the configuration says.
    func choice(_ configuration: Configuration) -> AccelerationChoice {
        if accelerate == false { return AccelerationChoice(.off) }
        let extent = acceleration ?? configuration.acceleration ?? .auto
        let isAsked = accelerate == true || acceleration == .full || acceleration == .compilers
        return AccelerationChoice(accelerate == true && extent == .off ? .auto : extent, isRequired: isAsked)
    }
}

extension AccelerationOptions {
    /// What a run of `root` is accelerated from; nil where it is not to be. With `mayMake`, a tools tree that is not there
    /// is made first, by a process of its own, so that what it says and how it is interrupted is as for `create`.
    func source(
        for root: RootRecord, _ locations: Locations, mayMake: Bool
    ) throws -> AccelerationSource? {
        let configuration = try Configuration(at: locations.configuration)
        let choice = choice(configuration).resolved(for: root)
        guard choice.mode != nil, let subject = ToolsTrees.Subject(root) else { return nil }
        let trees = ToolsTrees(Cache(locations.cache))
        if try trees.areWanted(for: subject, choice), mayMake {
            let isMade = try Self.makeTools(subject, choice.isRequired ? [] : ["--is-optional"])
            if !isMade, choice.isRequired { throw ExitCode(125) }
        }
        if !choice.isRequired, let reason = trees.recentFailure(subject), !trees.has(subject) {
            FailureRendering.note("not accelerated: \(reason)")
            return nil
        }
        guard choice.isRequired || trees.mayHave(subject) else { return nil }
        var source = AccelerationSource(choice, tools: trees)
        if mayMake { Self.removeSuperseded(for: root, source) }
        source.changes = configuration.accelerate
        source.note = { FailureRendering.note($0) }
        return source
    }

    /// Has the tools tree for `root` made anew where the archive has what it has older than the root. Returns whether
    /// that was due: then there may be another one, and nothing was decided about compilers yet.
    static func refreshTools(
        for root: RootRecord, _ outdated: [OutdatedTool], _ source: AccelerationSource
    ) throws -> Bool {
        guard let subject = ToolsTrees.Subject(root), source.tools.isRefreshDue(subject, outdated) else { return false }
        _ = try makeTools(subject, outdated.flatMap { ["--outdated", $0.description] })
        return true
    }

    /// Deletes the tools trees that others have taken the place of, unless somebody is using them.
    static func removeSuperseded(for root: RootRecord, _ source: AccelerationSource) {
        guard let subject = ToolsTrees.Subject(root) else { return }
        source.tools.removeSuperseded(subject, using: Surroundings.workers)
    }

    private static func makeTools(_ subject: ToolsTrees.Subject, _ options: [String]) throws -> Bool {
        let end = try ChildProcess.attend(
            "/proc/self/exe",
            ["make-tools"] + options + ["--", subject.distro, subject.release, subject.architecture.rawValue],
            environment: Surroundings.environment.map { "\($0.key)=\($0.value)" })
        return end == .exited(0)
    }
}

extension AccelerationChoice.Extent: ExpressibleByArgument {}
