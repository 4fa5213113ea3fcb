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
    /// nil if the build uses an existing root.
    private let layer: Layer?
    private let hosts: [BuildHost]

    init(
        _ options: Build, _ recipe: Recipe, _ found: BuildChoice.Found, _ configuration: Configuration,
        _ locations: Locations, _ caller: Caller
    ) throws {
        var recipe = recipe
        let architecture = recipe.architectures.first ?? .arm64
        // With one id, no other user exists (newuidmap(1)).
        if caller.identity.isSingle, recipe.user != "root" {
            FailureRendering.note("building as root: no subordinate ids for user \(recipe.user)")
            recipe.user = "root"
        }
        let output = options.output.map { Surroundings.workingDirectory.pushing(FilePath($0)).lexicallyNormalized() }
        self.configuration = configuration
        hosts = try options.buildHosts(configuration)
        var request = BuildRequest(
            recipe, architecture, source: found.source.directory, from: found.origin, name: found.name,
            output: output ?? found.output, opensShell: options.shellOnFailure)
        (self.options, self.locations, self.caller) = (options, locations, caller)
        request.jobs = Build.jobs(with: hosts)
        request.toolchain = try options.toolchain.toolchain()
        self.request = request
        if case .root = recipe.base {
            layer = nil
        } else {
            layer = try Layer(
                recipe.base, architecture.rawValue, packages: recipe.installedPackages(hosts: !hosts.isEmpty),
                options: options.sourceWords)
        }
    }

    /// The directory for artifacts.
    var place: FilePath { request.output.appending(request.architecture.rawValue) }

    /// Builds. Throws the status of a failed step.
    func perform(in workspace: borrowing Workspace) throws -> BuildManifest {
        let (store, root) = try root()
        let console = BuildConsole(
            name: request.name, architecture: request.architecture, isVerbose: options.verbose,
            isSilent: options.isSilent)
        defer { console.stop() }
        let builder = Builder(
            in: root, of: store, caller: caller, known: KnownVersions(locations.cache.appending("interpreters")),
            cache: Cache(locations.cache),
            accelerator: try wish.accelerator(for: root, locations), workers: try Surroundings.workers(),
            cpu: options.cpu ?? configuration.cpu, version: version)
        let distributed = try connect(root, in: workspace)
        // After the processes that make the layer.
        let outcome = try builder.build(
            request, in: workspace, hosts: distributed, signals: ForwardedSignals(),
            errands: RunErrands(ofLayers: layer != nil),
            observer: console)
        for note in distributed?.lost() ?? [] { FailureRendering.note(note) }
        if let step = outcome.failedStep {
            console.fail(step: step, status: outcome.status, log: outcome.log)
            throw ExitCode(outcome.status)
        }
        let manifest = BuildManifest(request, outcome, root: root)
        if options.check { try compare(manifest) }
        return manifest
    }

    /// nil without other hosts.
    private func connect(
        _ root: RootRecord, in workspace: borrowing Workspace
    ) throws -> DistributedCompilation? {
        guard !hosts.isEmpty else { return nil }
        return try DistributedCompilation(
            hosts, for: root, in: workspace.path.appending("\(request.architecture)-hosts"),
            environment: Surroundings.environment, note: FailureRendering.note)
    }

    /// `--check`: reports differences, without failing.
    private func compare(_ manifest: BuildManifest) throws {
        let packages = manifest.artifacts.map(\.path).filter { $0.hasSuffix(".deb") }
        guard case .distro(let base) = request.recipe.base, !packages.isEmpty else {
            return FailureRendering.note("--check: no packages to compare with a distro's archive")
        }
        let words = ["--base", base, "--architecture", request.architecture.rawValue] + options.sourceWords
        try OwnProcess.require(
            [ComparePackages._commandName] + words + ["--"] + packages.map { place.pushing(FilePath($0)).string })
    }

    /// What the command line says of acceleration, or else the recipe.
    private var wish: AccelerationWish {
        var wish = options.acceleration.wish
        if wish == AccelerationWish() { wish.extent = request.recipe.acceleration }
        return wish
    }

    private func root() throws -> (RootStore, RootRecord) {
        guard let layer else {
            guard case .root(let name) = request.recipe.base else { throw ExitCode(125) }
            let store = RootStore(locations.roots)
            let root = try store.find(name)
            guard root.architecture == request.architecture.rawValue else {
                throw RecipeError(
                    "root \(name): expected architecture \(request.architecture), found \(root.architecture)",
                    remedy: "build for it: --arch \(root.architecture)", status: .usage)
            }
            return (store, root)
        }
        let root = try layer.obtain(
            in: locations, configuration, isolation: options.isolation.isolation, options: accelerationWords,
            isRenewed: options.renew)
        return (RootStore(locations.layers), root)
    }

    private var accelerationWords: [String] {
        let choice = wish.choice(configuration)
        return ["--acceleration", choice.extent.rawValue] + (choice.isRequired ? ["--accelerate"] : [])
            + (options.cpu.map { ["--cpu", $0] } ?? [])
    }
}

extension BuildJob: CustomStringConvertible {
    /// The plan, one line per item.
    var description: String {
        let recipe = request.recipe
        var lines = ["build: \(request.name) for \(request.architecture)"]
        switch recipe.base {
        case .distro(let name), .image(let name): lines.append("base: \(name)")
        case .tarball(let place, _): lines.append("base: \(place)")
        case .root(let name): lines.append("base: root \(name), unchanged")
        }
        if let layer {
            let isThere = (try? RootStore(locations.layers).find(layer.name)) != nil && !options.renew
            lines.append("layer: \(layer.name), \(isThere ? "exists" : "to be made")")
            let packages = recipe.installedPackages(hosts: !hosts.isEmpty)
            if !packages.isEmpty { lines.append("packages: \(packages.joined(separator: ", "))") }
        }
        lines.append("source: \(request.source) at \(request.directory), \(recipe.source.rawValue)")
        lines += recipe.environment.sorted { $0.key < $1.key }.map { "environment: \($0.key)=\($0.value)" }
        if let toolchain = request.toolchain {
            lines.append("toolchain: \(toolchain.directory), \(toolchain.prefix)gcc")
        }
        if !hosts.isEmpty { lines.append("hosts: \(hosts.map(\.description).joined(separator: ", "))") }
        if recipe.usesCcache == true { lines.append("ccache: yes") }
        if recipe.usesConfigureCache == true { lines.append("configure cache: yes") }
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
