// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Catalogue
internal import Failures
internal import PackageArchive
internal import Provisioning
internal import Sandbox
internal import SystemPackage
internal import Terminal
internal import Transfer

/// `run` starts it before an accelerated run if the tools tree is missing or outdated.
struct MakeTools: AsyncParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        commandName: "make-tools", abstract: "Make the tools tree for roots of a release.", shouldDisplay: false)

    @Argument var distro: String
    @Argument var release: String
    @Argument var architecture: Architecture
    @Option(help: "The moment of the archive to make it from.")
    var moment: SnapshotMoment?

    @Flag(help: "Record a failure for the run to report, instead of printing it.")
    var isOptional = false

    @Option(help: "Make it again if the archive has a newer version of this package. Repeatable.")
    var outdated: [String] = []

    @Flag(help: "Make it anew in any case.")
    var renew = false

    @OptionGroup var allowed: AllowanceOptions
    @OptionGroup var sources: SourceOptions
    @OptionGroup var progress: ProgressOptions

    func run() async throws {
        let report = Progress(progress.form)
        defer { report.stop() }
        let (creation, configuration) = try Creation.ofCaller(report)
        Interruption.cleansUp()
        let subject = ToolsTrees.Subject(
            distro: distro, release: release, architecture: architecture, moment: moment)
        do {
            let selection = try subject.selection(in: sources.catalogue.load())
            var request = ToolsRequest(subject, selection)
            request.mirror = sources.mirror(for: selection, creation, configuration)
            request.keyring = sources.keyringPath
            request.allowances = allowed.allowances
            request.changes = configuration.accelerate
            request.outdated = outdated.compactMap { OutdatedTool($0) }
            if renew {
                try await creation.renewTools(request)
            } else if request.outdated.isEmpty {
                try await creation.makeTools(request)
            } else {
                try await creation.refreshTools(request)
            }
        } catch let error as any Failure where !outdated.isEmpty {
            report.warn("the tools tree for \(subject.title) cannot be updated: \(error.summary)")
            throw ExitCode(error.status.rawValue)
        } catch let error as any Failure where isOptional {
            creation.tools.noteFailure(subject, error.summary)
            throw ExitCode(error.status.rawValue)
        }
    }
}

extension SnapshotMoment: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}

extension ToolsRequest {
    /// For the tools tree of roots that are made as `request` says.
    init(
        _ subject: ToolsTrees.Subject, in catalogue: Catalogue, for request: CreationRequest, mirror: String?,
        _ configuration: Configuration
    ) throws {
        self.init(subject, try subject.selection(in: catalogue))
        self.mirror = mirror
        (keyring, allowances) = (request.keyring, request.allowances)
        changes = configuration.accelerate
    }
}

extension ToolsTrees.Subject {
    /// The same release for this host's architecture.
    func selection(in catalogue: Catalogue) throws -> BaseSelection {
        try catalogue.select(base, architecture: .host)
    }

    /// What `MakeTools` calls it on its command line, after all options.
    var words: [String] {
        (moment.map { ["--moment", $0.text] } ?? []) + ["--", distro, release, architecture.rawValue]
    }
}

extension Creation {
    /// The same, silently.
    static func ofCaller(_ progress: Progress) throws -> (Creation, Configuration) {
        let locations = try Surroundings.locations()
        let configuration = try Configuration(at: locations.configuration)
        let caller = try Surroundings.caller()
        return (try ofCaller(locations, configuration, cpu: nil, caller: caller, progress), configuration)
    }

    /// For this process's user, with the configuration.
    static func ofCaller(
        _ locations: Locations, _ configuration: Configuration, cpu: String?, caller: Caller,
        _ progress: Progress, isLooking: Bool = false
    ) throws -> Creation {
        let cache = Cache(locations.cache)
        let downloader = Downloader(settings: configuration.network.settings(version: version))
        return Creation(
            store: RootStore(locations.roots), cache: cache, downloader: downloader,
            proxy: configuration.network.proxy.map { .url($0) } ?? .environment,
            workers: try Surroundings.workers(),
            caller: caller,
            cpu: cpu ?? configuration.cpu, progress: progress,
            documents: DocumentCache(
                cache.documents, downloader: downloader,
                for: isLooking ? .looking : .making { progress.warn($0) }),
            shared: try configuration.sharedCache(cache, progress))
    }
}
