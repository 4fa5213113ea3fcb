// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning

/// How much of a root runs as the host's own programs.
struct AccelerationOptions: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help: "Run eligible programs natively, or fail.")
    var accelerate: Bool?

    @Option(help: ArgumentHelp("What is native.", valueName: "extent"))
    var acceleration: AccelerationChoice.Extent?

    func validate() throws {
        if accelerate == false, let acceleration, acceleration != .off {
            throw ValidationError("--no-accelerate and --acceleration \(acceleration.rawValue) cannot be combined")
        }
        if accelerate == true, acceleration == .off {
            throw ValidationError("--accelerate and --acceleration off cannot be combined")
        }
    }

    var wish: AccelerationWish { AccelerationWish(accelerate: accelerate, extent: acceleration) }

    func choice(_ configuration: Configuration) -> AccelerationChoice { wish.choice(configuration) }
}

/// What was asked for.
struct AccelerationWish: Equatable {
    var accelerate: Bool?
    var extent: AccelerationChoice.Extent?

    /// Where nothing was, what the configuration says.
    func choice(_ configuration: Configuration) -> AccelerationChoice {
        if accelerate == false { return AccelerationChoice(.off) }
        let wanted = extent ?? configuration.acceleration ?? .auto
        let isAsked = accelerate == true || extent == .full || extent == .compilers
        return AccelerationChoice(accelerate == true && wanted == .off ? .auto : wanted, isRequired: isAsked)
    }

    /// What makes programs of `root` native; nil where nothing is to.
    func accelerator(for root: RootRecord, _ locations: Locations) throws -> Accelerator? {
        let configuration = try Configuration(at: locations.configuration)
        return Accelerator(
            choice(configuration).resolved(for: root), for: ToolsTrees.Subject(root),
            tools: ToolsTrees(Cache(locations.cache)), changes: configuration.accelerate)
    }
}

extension AccelerationChoice.Extent: ExpressibleByArgument {}
