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
            What to do is in mangrove.json; where there is none, the build system is recognised. The base and the \
            packages make a root that is kept and used again; what a build changes in it, and in the source, is dropped. \
            The results are in mangrove-out/ARCHITECTURE, what they are in the files beside it. The exit status is that of \
            the step that fails, 78 for a bad recipe, 65 where nothing says how to build or nothing comes of it, and 125 \
            if mangrove fails.
            """)

    @Argument(
        help: ArgumentHelp(
            "The source: a directory, a tarball, a .dsc, or a git repository; a file, or a URL; #REVISION may follow. Or a .buildinfo, to be followed.",
            valueName: "source"),
        completion: .directory)
    var directory = "."

    @Option(help: ArgumentHelp("Build this source package of the base's archive.", valueName: "name[=version]"))
    var source: String?

    @Option(help: ArgumentHelp("Follow this recipe.", valueName: "file"), completion: .file(extensions: ["json"]))
    var recipe: String?

    @Option(
        help: ArgumentHelp("Build in this distro and release, instead of the recipe's.", valueName: "distro[:release]"))
    var base: String?

    @Option(help: ArgumentHelp("Build in this root, which stays as it is.", valueName: "name"))
    var root: String?

    @Option(
        help: ArgumentHelp(
            "Build for this architecture, instead of the recipe's. Repeatable.", valueName: "architecture"),
        completion: .list(Architecture.allValueStrings))
    var arch: [String] = []

    @Option(
        name: .customLong("package"),
        help: ArgumentHelp("Install this package, too, before anything is built. Repeatable.", valueName: "package"))
    var packages: [String] = []

    @Option(help: ArgumentHelp("Take this build system, of those that are there.", valueName: "name"))
    var buildSystem: BuildSystem?

    @Option(help: ArgumentHelp("Set an environment variable. Repeatable.", valueName: "key=value"))
    var env: [String] = []

    @Option(help: ArgumentHelp("Put the results here.", valueName: "directory"), completion: .directory)
    var output: String?

    @Flag(help: "Afterwards, compare Debian packages with those of the base's archive.")
    var check = false

    @Flag(help: "Execute no tests of a Debian package.")
    var nocheck = false

    @Flag(name: .customLong("init"), help: "Write a recipe into the directory, and build nothing.")
    var writesRecipe = false

    @Flag(help: "Make base and packages anew from what is published now.")
    var renew = false

    @Option(
        help: ArgumentHelp(
            "Have these machines compile, too, by distcc and ssh: USER@HOST/JOBS, separated by commas; '' for none.",
            valueName: "hosts"))
    var hosts: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Have compilers called by ccache, with a cache that all builds share that ask for it.")
    var ccache: Bool?

    @Flag(
        inversion: .prefixedNo,
        help: "Remember for the next build of this source what its configure scripts find out.")
    var configureCache: Bool?

    @OptionGroup var toolchain: ToolchainOption

    @Flag(help: "Keep what the build has changed, and say where it is.")
    var keep = false

    @Flag(help: "Where a step fails, open a shell in its place.")
    var shellOnFailure = false

    @Flag(help: "Show all that the steps write, on a terminal, too.")
    var verbose = false

    @Flag(help: ArgumentHelp("Print no report, and of the steps what they are called.", visibility: .hidden))
    var isSilent = false

    @OptionGroup var limits: LimitOptions

    @Option(help: ArgumentHelp("The CPU that qemu emulates, in qemu's words.", valueName: "model"))
    var cpu: String?

    @OptionGroup var allowed: AllowanceOptions
    @OptionGroup var sources: SourceOptions
    @OptionGroup var isolation: IsolationOption
    @OptionGroup var acceleration: AccelerationOptions
    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var format: FormatOptions

    func validate() throws {
        guard base == nil || root == nil else { throw ValidationError("--base and --root exclude each other") }
        do throws(RecipeError) {
            _ = try hosts.map { (text) throws(RecipeError) in try BuildHost.list(text) }
        } catch {
            throw ValidationError([error.problem, error.cause].compactMap(\.self).joined(separator: ": "))
        }
        guard toolchain.directory == nil || (hosts ?? "").isEmpty else {
            throw ValidationError("--toolchain and --hosts exclude each other: the hosts have other compilers")
        }
        guard !writesRecipe || recipe == nil else {
            throw ValidationError("--init writes a recipe, and --recipe names one that is there")
        }
        guard !packages.contains(where: { $0.isEmpty || $0.hasPrefix("-") }) else {
            throw ValidationError("--package takes the name of a package")
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
        FailureRendering.note("kept: \(path) (ARCHITECTURE/root/upper and source/upper have what was changed)")
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
