// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import ArgumentParser
internal import Building
internal import Emulation
internal import Failures
internal import Filesystem
internal import Glibc
internal import Processes
internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// One build as `build` performs it: the layer, then the steps.
struct BuildJob {
    private let options: Build
    private let request: BuildRequest
    private let locations: Locations
    private let caller: Caller
    private let configuration: Configuration
    /// nil: the build is in a root of the user's.
    private let layer: Layer?

    init(
        _ options: Build, _ recipe: Recipe, _ found: BuildChoice.Found, _ locations: Locations, _ caller: Caller
    ) throws {
        var recipe = recipe
        let architecture = recipe.architectures.first ?? .arm64
        // There is one id only: nobody else can be anybody (newuidmap(1)).
        if caller.identity.isSingle, recipe.user != "root" {
            FailureRendering.note("built as root: you have no subordinate ids for user \(recipe.user)")
            recipe.user = "root"
        }
        let output = options.output.map { Surroundings.workingDirectory.pushing(FilePath($0)).lexicallyNormalized() }
        var request = BuildRequest(
            recipe, architecture, source: found.source.directory, name: found.name, output: output ?? found.output)
        (request.keeps, request.opensShell) = (options.keep, options.shellOnFailure)
        (self.options, self.locations, self.caller, self.request) = (options, locations, caller, request)
        configuration = try Configuration(at: locations.configuration)
        if case .root = recipe.base {
            layer = nil
        } else {
            layer = try Layer(
                recipe.base, architecture.rawValue, packages: recipe.packages, options: options.sourceWords)
        }
    }

    /// Where the artifacts are going to be.
    var place: FilePath { request.output.appending(request.architecture.rawValue) }

    /// Builds. Throws the status of a step that fails. nil: there was nothing to say.
    func perform(_ signals: borrowing ForwardedSignals) throws -> BuildManifest? {
        let (store, root) = try root()
        let console = BuildConsole(name: request.name, architecture: request.architecture, isVerbose: options.verbose)
        defer { console.stop() }
        let choice = choice.resolved(for: root)
        let builder = Builder(
            in: root, of: store, builds: locations.builds, caller: caller,
            known: KnownVersions(locations.cache.appending("interpreters")),
            accelerator: Accelerator(
                choice, for: ToolsTrees.Subject(root), tools: ToolsTrees(Cache(locations.cache)),
                changes: configuration.accelerate),
            workers: try Surroundings.workers(), cpu: options.cpu ?? configuration.cpu, version: version)
        let outcome = try builder.build(
            request, signals: signals, errands: RunErrands(ofLayers: layer != nil), observer: console)
        if let kept = outcome.kept {
            FailureRendering.note("kept: \(kept) (root/upper and source/upper have what was changed)")
        }
        guard let step = outcome.failedStep else {
            let manifest = BuildManifest(request, outcome, root: root)
            if options.check { try compare(manifest) }
            return manifest
        }
        console.fail(step: step, status: outcome.status, log: outcome.log)
        throw ExitCode(outcome.status)
    }

    /// `--check`: a difference is said and is no error.
    private func compare(_ manifest: BuildManifest) throws {
        let packages = manifest.artifacts.map(\.path).filter { $0.hasSuffix(".deb") }
        guard case .distro(let base) = request.recipe.base, !packages.isEmpty else {
            return FailureRendering.note("--check: there are no packages of a distro's archive to compare")
        }
        let words = ["--base", base, "--architecture", request.architecture.rawValue] + options.sourceWords
        let end = try ChildProcess.attend(
            "/proc/self/exe",
            [ComparePackages._commandName] + words + ["--"] + packages.map { place.pushing(FilePath($0)).string },
            environment: Surroundings.environment.map { "\($0.key)=\($0.value)" })
        // Why was said; what was built is there.
        if end != .exited(0) { throw ExitCode(125) }
    }

    /// What the recipe and the command line say of acceleration.
    private var choice: AccelerationChoice {
        var asked = options.acceleration
        if asked.accelerate == nil, asked.acceleration == nil { asked.acceleration = request.recipe.acceleration }
        return asked.choice(configuration)
    }

    private func root() throws -> (RootStore, RootRecord) {
        guard let layer else {
            guard case .root(let name) = request.recipe.base else { throw ExitCode(125) }
            let store = RootStore(locations.roots)
            let root = try store.find(name)
            guard root.architecture == request.architecture.rawValue else {
                throw RecipeError(
                    "root \(name) is for \(root.architecture), and \(request.architecture) is to be built",
                    remedy: "build for that: --arch \(root.architecture)", status: .usage)
            }
            return (store, root)
        }
        let words = ["create", "--as-layer", "--isolation", options.isolation.isolation.rawValue] + accelerationWords
        let made = try layer.ensure(in: locations, isRenewed: options.renew) { arguments throws(ProvisioningError) in
            do throws(FilesystemError) {
                return try ChildProcess.attend(
                    "/proc/self/exe", words + arguments,
                    environment: Surroundings.environment.map { "\($0.key)=\($0.value)" }) == .exited(0)
            } catch {
                throw ProvisioningError(error)
            }
        }
        // Why not was said.
        guard let made else { throw ExitCode(125) }
        return (RootStore(locations.layers), made)
    }

    private var accelerationWords: [String] {
        let choice = choice
        return ["--acceleration", choice.extent.rawValue] + (choice.isRequired ? ["--accelerate"] : [])
            + (options.cpu.map { ["--cpu", $0] } ?? [])
    }
}

extension BuildJob: CustomStringConvertible {
    /// What would be done, a line each.
    var description: String {
        let recipe = request.recipe
        var lines = ["build: \(request.name) for \(request.architecture)"]
        switch recipe.base {
        case .distro(let name): lines.append("base: \(name)")
        case .tarball(let place, _): lines.append("base: \(place)")
        case .root(let name): lines.append("base: root \(name), which stays as it is")
        }
        if let layer {
            let isThere = (try? RootStore(locations.layers).find(layer.name)) != nil && !options.renew
            lines.append("layer: \(layer.name), \(isThere ? "there" : "to be made")")
            if !recipe.packages.isEmpty { lines.append("packages: \(recipe.packages.joined(separator: ", "))") }
        }
        lines.append("source: \(request.source) at \(request.directory), \(recipe.source.rawValue)")
        lines += recipe.environment.sorted { $0.key < $1.key }.map { "environment: \($0.key)=\($0.value)" }
        if !recipe.limits.isEmpty { lines.append("limits: \(recipe.limits)") }
        lines += recipe.binds.map { "bind: \($0.source) at \($0.target)\($0.isReadOnly ? ", read-only" : "")" }
        for step in recipe.steps {
            let network = step.network ?? recipe.network ? "" : ", no network"
            lines.append("step: \(step.name), as \(step.user ?? recipe.user)\(network)")
            lines += step.script.split(separator: "\n").map { "    \($0)" }
        }
        lines += recipe.artifacts.map { "artifact: \($0.pattern.text)" }
        lines.append("results: \(place)")
        return lines.joined(separator: "\n")
    }
}
