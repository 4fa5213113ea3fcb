// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Building
internal import Catalogue
internal import Images
internal import Provisioning
internal import SystemPackage

/// Where `run` and `shell` run a command: in a root, in one that is made for this command only, or in an image.
struct RunTarget: ParsableArguments {
    @Option(
        help: ArgumentHelp("The architecture, for an image or distro.", valueName: "architecture"),
        completion: .list(Architecture.allValueStrings))
    var arch: String?

    @Argument(
        help: ArgumentHelp("The root, distro:release or image.", valueName: "name|image"),
        completion: Completions.rootsOrDistros)
    var name: String

    /// What is run, for `root`.
    typealias Command = (_ settings: inout RunSettings, _ root: RootRecord) throws -> [String]

    /// Runs what `command` returns; an empty command is a login shell.
    func run(_ options: RunOptions, _ command: Command) throws {
        // No root can be called that.
        guard name.contains(":") else {
            guard arch == nil else {
                throw ValidationError("--arch requires an image or distro; root \(name) has a fixed architecture")
            }
            return try run(name, options, command)
        }
        if let image = try image() { return try run(image, options, command) }
        let root = try EphemeralRoot(
            distro: name, arch: arch, isolation: options.isolation.isolation, dryRun: options.dryRun)
        defer { root.remove() }
        if !options.dryRun { try run(root.name, options, command) }
    }

    private func image() throws -> ImageSource? {
        try ImageSource(name, relativeTo: Surroundings.workingDirectory)
    }

    private func run(_ root: String, _ options: RunOptions, _ command: Command) throws {
        try run(RootStore(Surroundings.locations().roots).find(root), options.settings(), command)
    }

    private func run(_ root: RootRecord, _ settings: RunSettings, _ command: Command) throws {
        var settings = settings
        let program = try command(&settings, root)
        try settings.run(program, in: root.name.description)
    }

    /// In the root that runs of the image share, each without the others' changes: made where it is not there.
    private func run(_ image: ImageSource, _ options: RunOptions, _ command: Command) throws {
        let locations = try Surroundings.locations()
        let architecture = try arch.map { try Catalogue.architecture($0) } ?? .arm64
        var settings = try options.settings()
        let store = ImageStore(Cache(locations.cache).images, environment: Surroundings.environment)
        let digest = try store.look(at: image, for: architecture) { FailureRendering.note($0) }
        let layer = try Layer(
            .image(image.description), architecture.rawValue, packages: [], options: [],
            digest: digest.map { try "\($0) \(store.policyDigest() ?? "")" })
        let isolation = options.isolation.isolation
        if options.dryRun, (try? RootStore(locations.layers).find(layer.name)) == nil {
            return try layer.plan(isolation: isolation)
        }
        let root = try layer.obtain(
            in: locations, Configuration(at: locations.configuration), isolation: isolation)
        (settings.isInLayer, settings.throwaway) = (true, true)
        try run(root, settings, command)
    }
}
