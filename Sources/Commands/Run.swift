// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Building
internal import Catalogue
internal import Images
internal import Provisioning
internal import Sandbox

struct Run: ParsableCommand, PassesStatus {
    static let configuration = CommandConfiguration(
        abstract: "Run a command in a root.",
        discussion: """
            The current directory is mounted at the same path and is the working directory, except home and system \
            directories (--bind . shares them). DISTRO:RELEASE makes a root for this command only; an image \
            (oci:debian:12) is kept, and changes to it are discarded. Without a command, the image's own runs. Exits \
            with the command's status, 128+N if signal N ended it, 127 if it was not found, 126 if it cannot be \
            executed, and 125 if mangrove failed.
            """)

    @OptionGroup var options: RunOptions

    @Option(
        help: ArgumentHelp("The architecture, for an image or distro.", valueName: "architecture"),
        completion: .list(Architecture.allValueStrings))
    var arch: String?

    @Argument(
        help: ArgumentHelp("The root, distro:release or image.", valueName: "name|image"),
        completion: Completions.rootsOrDistros)
    var name: String

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    func validate() throws {
        guard
            command.isEmpty || command.first == "--" || command.contains("--") || command.first?.hasPrefix("-") == false
        else {
            throw ValidationError("\(command[0]): expected options before the root's name, or between it and --")
        }
    }

    /// Options between NAME and "--" are taken for the command's by the parser, which knows no such place: here they
    /// are before NAME. nil where there are none.
    func reordered(_ arguments: [String]) -> [String]? {
        guard command.first != "--", command.first?.hasPrefix("-") == true,
            let separator = command.firstIndex(of: "--")
        else { return nil }
        return arguments.dropLast(command.count + 1) + command[..<separator] + [name] + command[separator...]
    }

    func run() throws {
        // No root can be called that.
        guard name.contains(":") else {
            guard arch == nil else {
                throw ValidationError("--arch requires an image or distro; root \(name) has a fixed architecture")
            }
            return try run(in: name)
        }
        if let image = try ImageSource(name, relativeTo: Surroundings.workingDirectory) { return try run(image) }
        let root = try EphemeralRoot(
            distro: name, arch: arch, isolation: options.isolation.isolation, dryRun: options.dryRun)
        defer { root.remove() }
        if !options.dryRun { try run(in: root.name) }
    }

    private func run(in root: String) throws {
        let settings = try options.settings()
        guard program.isEmpty else { return try settings.run(program, in: root) }
        try runItsOwn(in: RootStore(Surroundings.locations().roots).find(root), settings)
    }

    /// What the image says that it is for.
    private func runItsOwn(in root: RootRecord, _ settings: RunSettings) throws {
        let image = root.image?.settings
        guard let command = image?.defaultCommand, !command.isEmpty else {
            throw ValidationError("expected a command; for a shell: mangrove shell \(name)")
        }
        var settings = settings
        // Its command may be a path below the directory it starts in.
        settings.workdir = settings.workdir ?? image?.workingDirectory.flatMap { $0.isEmpty ? nil : $0 } ?? "/"
        try settings.run(command, in: root.name.description)
    }

    /// In the root that runs of the image share, each without the others' changes: made where it is not there.
    private func run(_ image: ImageSource) throws {
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
        if program.isEmpty { return try runItsOwn(in: root, settings) }
        try settings.run(program, in: root.name.description)
    }

    /// Without the "--" that may stand before it.
    var program: [String] {
        command.first == "--" ? Array(command.dropFirst()) : command
    }
}
