// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import ArgumentParser
internal import Building
internal import Catalogue
internal import Emulation
internal import Filesystem
internal import Glibc
internal import Provisioning
internal import Sandbox
internal import SystemPackage
internal import Terminal

struct Build: ParsableCommand, PassesStatus {
    static let configuration = CommandConfiguration(
        abstract: "Build a project for another architecture.",
        discussion: """
            Follows mangrove.json, or detects the build system. Changes to the root and the source are discarded; \
            artifacts are in mangrove-out/ARCHITECTURE. Exits with a failed step's status, 78 for an invalid recipe, \
            65 if no build system or artifact is found, 125 if mangrove fails. --help-hidden shows more options.
            """)

    @Argument(
        help: ArgumentHelp(
            "A directory, tarball, .dsc, .buildinfo or git repository[#REVISION], as a path or URL.",
            valueName: "source"),
        completion: .directory)
    var directory = "."

    @Option(help: ArgumentHelp("Build this source package: NAME[=VERSION].", valueName: "package"))
    var source: String?

    @Option(help: ArgumentHelp("Use this recipe.", valueName: "file"), completion: .file(extensions: ["json"]))
    var recipe: String?

    @Option(
        help: ArgumentHelp("Build in this DISTRO[:RELEASE].", valueName: "distro"), completion: Completions.releases)
    var base: String?

    @Option(
        help: ArgumentHelp("Build in this root, without changing it.", valueName: "name"), completion: Completions.roots
    )
    var root: String?

    @Option(
        help: ArgumentHelp(
            "Build for this architecture. Repeatable.", valueName: "architecture"),
        completion: .list(Architecture.allValueStrings))
    var arch: [String] = []

    @OptionGroup var packages: PackageOption

    @Option(help: ArgumentHelp("Use this build system.", valueName: "name"))
    var buildSystem: BuildSystem?

    @Option(help: ArgumentHelp("Set an environment variable. Repeatable.", valueName: "key=value"))
    var env: [String] = []

    @Option(help: ArgumentHelp("Write the results here.", valueName: "directory"), completion: .directory)
    var output: String?

    @Flag(help: "Compare built Debian packages with the archive's.")
    var check = false

    @Flag(help: "Skip the tests of a Debian package.")
    var nocheck = false

    @Flag(name: .customLong("init"), help: "Write a recipe into the directory instead of building.")
    var writesRecipe = false

    @Flag(help: "Recreate base and packages from the current archive.")
    var renew = false

    @Option(
        help: ArgumentHelp(
            "Also compile on USER@HOST/JOBS,… ('' for none).",
            valueName: "hosts"))
    var hosts: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Use ccache, with a cache shared by all such builds.")
    var ccache: Bool?

    @Flag(
        inversion: .prefixedNo,
        help: "Cache this source's configure results.")
    var configureCache: Bool?

    @OptionGroup var toolchain: ToolchainOption

    @Flag(help: "Keep the build's changes, and print their location.")
    var keep = false

    @Flag(help: "Open a shell where a step fails.")
    var shellOnFailure = false

    @Flag(help: "Show all output of steps, on a terminal too.")
    var verbose = false

    @Flag(help: ArgumentHelp("Print no report, and of the steps what they are called.", visibility: .private))
    var isSilent = false

    @OptionGroup var limits: LimitOptions

    @Option(help: ArgumentHelp("The CPU model that qemu emulates.", valueName: "model"))
    var cpu: String?

    @OptionGroup(visibility: .hidden) var allowed: AllowanceOptions
    @OptionGroup(visibility: .hidden) var sources: SourceOptions
    @OptionGroup var isolation: IsolationOption
    @OptionGroup var acceleration: AccelerationOptions
    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var format: FormatOptions

    func validate() throws {
        guard base == nil || root == nil else { throw ValidationError("--base and --root cannot be combined") }
        do throws(RecipeError) {
            _ = try hosts.map { (text) throws(RecipeError) in try BuildHost.list(text) }
        } catch {
            throw ValidationError([error.problem, error.cause].compactMap(\.self).joined(separator: ": "))
        }
        guard toolchain.directory == nil || (hosts ?? "").isEmpty else {
            throw ValidationError("--toolchain and --hosts cannot be combined: other hosts use the root's compilers")
        }
        guard !writesRecipe || recipe == nil else {
            throw ValidationError("--init and --recipe cannot be combined: --init writes a new recipe")
        }
    }

    func run() throws {
        let locations = try Surroundings.locations()
        let choice = try BuildChoice(self, locations: locations)
        let workers = try Surroundings.workers()
        let workspace = try Workspace.make(in: locations.builds, using: workers)
        // While something is fetched; steps have signals passed on to them.
        Interruption.cleansUp()
        do {
            try build(try choice.find(fetched: workspace.fetched), choice, locations, in: workspace)
        } catch {
            try? finish(workspace, workers)
            throw error
        }
        try finish(workspace, workers)
    }

    private func finish(_ workspace: consuming Workspace, _ workers: any NamespacePerforming) throws {
        guard keep else { return try workspace.remove(using: workers) }
        let path = try workspace.keep()
        FailureRendering.note("kept: \(path) (changes are in ARCHITECTURE/root/upper and source/upper)")
    }

    private func build(
        _ found: BuildChoice.Found, _ choice: BuildChoice, _ locations: Locations, in workspace: borrowing Workspace
    ) throws {
        for note in found.notes { FailureRendering.note(note) }
        if writesRecipe { return try choice.write(found) }
        let caller = try isolation.caller()
        let jobs = try found.recipes.map { try BuildJob(self, $0, found, choice.configuration, locations, caller) }
        if dryRun.isDryRun {
            return try Console.print("\(jobs.map(\.description).joined(separator: "\n"))\n")
        }
        var manifests: [BuildManifest] = []
        for job in jobs { manifests.append(try job.perform(in: workspace)) }
        for line in manifests.flatMap({ choice.followed?.comparison(with: $0) ?? [] }) { FailureRendering.note(line) }
        if isSilent { return }
        try OutputRendering.show(BuildReport(manifests: manifests, places: jobs.map(\.place)), as: format.format)
    }
}

extension Build {
    /// Options of other commands that say where packages come from.
    var sourceWords: [String] { sources.words + AllowanceOptions.arguments(for: allowed.allowances) }
}

extension Build {
    /// Who compiles besides.
    func buildHosts(_ configuration: Configuration) throws -> [BuildHost] {
        // They would compile with packages of the root's versions.
        guard toolchain.directory == nil else { return [] }
        let listed = configuration.hosts.joined(separator: ",")
        return try (hosts ?? (listed.isEmpty ? nil : listed)).map { try BuildHost.list($0) } ?? []
    }

    /// How many compilations go on at once, here and on `hosts`.
    static func jobs(with hosts: [BuildHost]) -> Int {
        hosts.reduce(max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))) { $0 + $1.jobs }
    }
}

extension BuildSystem: ExpressibleByArgument {}
