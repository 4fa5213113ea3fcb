// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Catalogue
internal import Failures
internal import Filesystem
internal import FoundationEssentials
internal import PackageArchive
internal import Provisioning
internal import SystemPackage
internal import Terminal

struct Refresh: AsyncParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        abstract: "Update roots.",
        discussion: """
            If there is a newer point release or package, makes a new generation of the root, tests it, and swaps it \
            in atomically; running commands keep the old one. Your changes are carried over, or else the root stays as \
            it is. One root's failure does not stop the others; the exit status is that of the worst.
            """)

    @Argument(help: "The roots.", completion: Completions.roots)
    var names: [String] = []

    @Flag(help: "Refresh all roots.")
    var all = false

    @Option(help: ArgumentHelp("Keep this many earlier generations.", valueName: "number"))
    var keep = 1

    @Option(help: ArgumentHelp("Make this many generations at once.", valueName: "number"))
    var jobs = 1

    @Flag(help: "Discard changes that cannot be carried over.")
    var discardChanges = false

    @Flag(help: "Exit with 10 if a root was (or would be) refreshed.")
    var exitCode = false

    @Option(
        help: ArgumentHelp(
            "Also update this lock file of the root.", valueName: "file"),
        completion: .file())
    var lock: String?

    @Option(
        help: ArgumentHelp("Write metrics here, for node_exporter's textfile collector.", valueName: "file"),
        completion: .file())
    var metrics: String?

    @OptionGroup var acceleration: AccelerationOptions
    @OptionGroup var catalogue: CatalogueOptions

    @Option(
        help: ArgumentHelp("Use this mirror instead of the roots' own.", valueName: "url"))
    var mirror: String?

    @Option(help: ArgumentHelp("Take the distro's keys from this file only.", valueName: "file"), completion: .file())
    var keyring: String?

    @OptionGroup var isolation: IsolationOption
    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var output: FormatOptions
    @OptionGroup var progress: ProgressOptions

    func validate() throws {
        guard names.isEmpty == all else { throw ValidationError("expected names of roots, or --all") }
        guard lock == nil || names.count == 1 else { throw ValidationError("--lock requires exactly one root") }
        guard (0...1000).contains(keep) else { throw ValidationError("--keep: expected a number from 0 to 1000") }
        guard (1...64).contains(jobs) else { throw ValidationError("--jobs: expected a number from 1 to 64") }
    }

    func run() async throws {
        let locations = try Surroundings.locations()
        let configuration = try Configuration(at: locations.configuration)
        let report = Progress(progress.form)
        defer { report.stop() }
        let store = RootStore(locations.roots)
        let roots = all ? try store.names().map(\.description) : try names.map { try store.find($0).name.description }
        // Before anything is changed: not every root can be locked.
        if lock != nil { for name in roots { _ = try store.lockFile(of: store.find(name)) } }
        let refresher = try refresher(locations, configuration, report)
        if !dryRun.isDryRun { Interruption.cleansUp() }
        let work = RefreshWork(refresher: refresher, isDryRun: dryRun.isDryRun, jobs: jobs, progress: report)
        let result = await work.perform(roots.uniqued)
        report.end()
        try OutputRendering.show(RefreshReport(outcomes: result.map(\.outcome)), as: output.format)
        if let metrics {
            let path = Surroundings.workingDirectory.pushing(FilePath(metrics))
            try RefreshMetrics(outcomes: result.map(\.outcome), at: Date().timeIntervalSince1970).write(to: path)
        }
        if let lock, !dryRun.isDryRun, result.allSatisfy({ $0.failure == nil }) {
            try update(lock, of: roots, in: store, report)
        }
        if let worst = result.compactMap(\.failure?.status.rawValue).max() { throw ExitCode(worst) }
        let hasNews = result.contains { [.refreshed, .outdated].contains($0.outcome.state) }
        if exitCode, hasNews { throw ExitCode(10) }
    }

    /// A file that says the same already is not written to.
    private func update(_ lock: String, of roots: [String], in store: RootStore, _ report: Progress) throws {
        let path = Surroundings.workingDirectory.pushing(FilePath(lock))
        for root in roots {
            let bytes = try store.lockFile(of: store.find(root)).encoded()
            guard (try? path.readFile(limit: 64 << 20)) != bytes else { continue }
            try AtomicFile.write(bytes, to: path)
            report.say("wrote \(lock)")
        }
    }

    private func refresher(
        _ locations: Locations, _ configuration: Configuration, _ report: Progress
    ) throws -> Refresher {
        let caller = try isolation.caller()
        let creation = try Creation.ofCaller(
            locations, configuration, cpu: nil, caller: caller, report, isLooking: true)
        var request = RefreshRequest()
        (request.keep, request.discardsChanges, request.mirror) = (keep, discardChanges, mirror)
        request.keyring = keyring.map { Surroundings.workingDirectory.pushing(FilePath($0)) }
        request.acceleration = acceleration.choice(configuration)
        let known = try catalogue.load()
        return Refresher(
            creation, known, request,
            mirror: { configuration.mirror(of: $0.distro.name, isPinned: $0.snapshot != nil) },
            tools: { root, wanted in
                ToolsTrees.Subject(root).flatMap { subject in
                    let configured = configuration.mirror(of: root.distro, isPinned: subject.moment != nil)
                    return try? ToolsRequest(
                        subject, in: known, for: wanted, mirror: wanted.mirror ?? configured, configuration)
                }
            })
    }
}

extension [String] {
    /// Each once, at its first place.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
