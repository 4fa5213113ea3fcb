// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Catalogue
internal import Failures
internal import Images
internal import Integrity
internal import PackageArchive
internal import Provisioning
internal import SystemPackage
internal import Terminal

struct Create: AsyncParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        abstract: "Provision a root.",
        discussion: """
            A release is a number, codename or alias: ubuntu:24.04, ubuntu:noble, alpine:latest ("mangrove distros" \
            lists them). The default is the newest release with the longest support. @MOMENT uses the package archive \
            of that moment, in UTC: debian:13@20260901T000000Z. Images are oci:REFERENCE, oci-layout:DIRECTORY[:TAG] \
            or docker-archive:FILE.
            """)

    @Argument(help: "The name of the new root.", completion: Completions.none)
    var name: String

    @Argument(
        help: ArgumentHelp("What to make it from.", valueName: "distro[:release][@moment]|image"),
        completion: Completions.releases)
    var distro: String?

    @Option(
        help: ArgumentHelp("The architecture (default: arm64).", valueName: "architecture"),
        completion: .list(Architecture.allValueStrings))
    var arch: String?

    @OptionGroup var packages: PackageOption

    @Option(
        help: ArgumentHelp("Put the tree here, for use with chroot(1) too.", valueName: "directory"),
        completion: .directory)
    var directory: String?

    @Option(
        help: ArgumentHelp("Use this tarball or a copy of this directory.", valueName: "file|directory|url"),
        completion: .file())
    var from: String?

    @Option(help: ArgumentHelp("The expected digest of that tarball.", valueName: "hex"))
    var sha256: String?

    @Flag(help: "Use the distro's package archive, not a tarball.")
    var fromArchive = false

    @Option(
        help: ArgumentHelp(
            "Use exactly the files in this lock file.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var locked: String?

    @Option(help: "The package set of a root made from an archive.")
    var variant: Variant?

    @OptionGroup var allowed: AllowanceOptions
    @OptionGroup var sources: SourceOptions

    @Flag(help: "Store the mirror's credentials in the root, for apt.")
    var keepCredentials = false

    @Flag(help: "Replace an existing root once the new one is complete.")
    var replace = false

    @Option(help: ArgumentHelp("The CPU model that qemu emulates during creation.", valueName: "model"))
    var cpu: String?

    @Flag(help: ArgumentHelp("Make a layer for builds.", visibility: .private))
    var asLayer = false

    @OptionGroup var isolation: IsolationOption
    @OptionGroup var acceleration: AccelerationOptions
    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var output: FormatOptions
    @OptionGroup var progress: ProgressOptions

    func validate() throws {
        if locked != nil { return try validateLocked() }
        guard distro != nil || from != nil else {
            throw ValidationError("expected a distro, an image, or --from FILE|DIRECTORY|URL")
        }
        if from == nil, ImageSource.isMeant(by: distro ?? "") { return try validateImage() }
        for (option, value) in [("--from", from), ("--directory", directory)] where value?.isEmpty == true {
            throw ValidationError("\(option): expected a path, found an empty word")
        }
        guard from == nil || distro?.contains("@") != true else {
            throw ValidationError("--from and @MOMENT cannot be combined: only archives have snapshots")
        }
        guard from == nil || !fromArchive && variant == nil && allowed.allowances == SourceAllowances() else {
            throw ValidationError(
                "--from cannot be combined with --from-archive, --variant, --skip-suite or --allow-…, which need a distro"
            )
        }
        guard !allowed.allowUnsigned || !sources.requireSignature else {
            throw ValidationError("--allow-unsigned and --require-signature cannot be combined")
        }
        guard sha256 == nil || from != nil else { throw ValidationError("--sha256 requires --from") }
        guard sha256 == nil || digest != nil else { throw ValidationError("--sha256: expected 64 hexadecimal digits") }
    }

    private var digest: Digest? { sha256.flatMap { Digest(.sha256, hex: $0) } }

    func run() async throws {
        var locations = try Surroundings.locations()
        if asLayer { locations = locations.ofLayers }
        let configuration = try Configuration(at: locations.configuration)
        let report = Progress(progress.form)
        defer { report.stop() }
        var request = CreationRequest(name: try RootName(name))
        request.directory = directory.map { Surroundings.workingDirectory.pushing(FilePath($0)) }
        request.replaces = replace
        let catalogue = try sources.catalogue.load()
        request.catalogue = catalogue
        request.packages = packages.names
        request.requiresSignature = sources.requireSignature
        request.keyring = sources.keyringPath
        request.allowances = allowed.allowances
        request.keepsCredentials = keepCredentials
        request.acceleration = acceleration.choice(configuration)
        request.accelerationChanges = configuration.accelerate
        let creation = try Creation.ofCaller(locations, configuration, cpu: cpu, caller: isolation.caller(), report)
        request.mirror = sources.mirror.map(creation.bare)
        if !dryRun.isDryRun { Interruption.cleansUp() }
        let root: RootRecord
        let image = try locked == nil ? image() : nil
        let selection = from == nil && locked == nil && image == nil ? try selection(catalogue, report) : nil
        if let locked {
            let wanted = try lockedRequest(locked, catalogue, creation, configuration, report)
            if dryRun.isDryRun {
                let plan = try creation.plan(request, from: wanted)
                return try OutputRendering.show(CreationReport(plan: plan, isLocked: true), as: output.format)
            }
            if var selection = wanted.selection {
                selection.snapshot = wanted.lock.snapshot.flatMap { SnapshotMoment($0) }
                request.tools = try tools(request, selection, catalogue, creation, configuration, report)
            }
            root = try await creation.create(request, from: wanted)
        } else if let selection, let bootstrap = try bootstrap(selection, creation, configuration) {
            if dryRun.isDryRun {
                let plan = try await creation.plan(request, from: bootstrap)
                return try OutputRendering.show(CreationReport(plan: plan), as: output.format)
            }
            request.tools = try tools(request, selection, catalogue, creation, configuration, report)
            root = try await creation.create(request, from: bootstrap)
        } else {
            let base =
                if let image { try base(of: image) } else {
                    try await base(selection, creation, request, configuration)
                }
            if dryRun.isDryRun {
                return try OutputRendering.show(
                    CreationReport(plan: try creation.plan(request, from: base)), as: output.format)
            }
            if let selection {
                request.tools = try tools(request, selection, catalogue, creation, configuration, report)
            }
            root = try await creation.create(request, from: base)
        }
        if output.format == .json { try OutputRendering.show(RootReport(root: root), as: .json) }
        if !asLayer { report.say("\(root.name) is ready: mangrove shell \(root.name)") }
    }

    /// The request for the root's tools tree, and for the package installation: needed if there is no tools tree, or if
    /// it turns out to be outdated.
    private func tools(
        _ request: CreationRequest, _ selection: BaseSelection, _ catalogue: Catalogue, _ creation: Creation,
        _ configuration: Configuration, _ report: Progress
    ) throws -> ToolsRequest? {
        let subject = ToolsTrees.Subject(
            distro: selection.distro.name, release: selection.release.number, architecture: selection.architecture,
            moment: selection.snapshot)
        guard
            try creation.tools.areWanted(for: subject, request.acceleration) || creation.tools.mayHave(subject)
        else { return nil }
        do {
            return try ToolsRequest(
                subject, in: catalogue, for: request,
                mirror: sources.mirror(for: selection, creation, configuration), configuration)
        } catch let error as any Failure {
            guard !request.acceleration.isRequired else { throw error }
            report.warn("not accelerated: \(error.summary)")
            creation.tools.noteFailure(subject, error.summary)
            return nil
        }
    }

    private func selection(_ catalogue: Catalogue, _ report: Progress) throws -> BaseSelection {
        let selection = try catalogue.select(
            distro ?? "", architecture: try arch.map { try Catalogue.architecture($0) } ?? .arm64)
        if let warning = selection.endOfLifeWarning() { report.warn(warning) }
        return selection
    }

    /// The archive to make the root from; nil to use a tarball.
    private func bootstrap(
        _ selection: BaseSelection, _ creation: Creation, _ configuration: Configuration
    ) throws -> BootstrapRequest? {
        let isWanted = fromArchive || variant != nil || selection.snapshot != nil
        guard isWanted || selection.distro.tarball == nil else { return nil }
        guard !allowed.allowUnsigned else {
            throw ValidationError("--allow-unsigned applies to base tarballs only; package archives are always signed")
        }
        var bootstrap = try BootstrapRequest(
            selection, mirror: sources.mirror(for: selection, creation, configuration))
        if let variant { bootstrap.variant = variant }
        return bootstrap
    }

    private func base(
        _ selection: BaseSelection?, _ creation: Creation, _ request: CreationRequest, _ configuration: Configuration
    ) async throws -> Base {
        guard let from else {
            guard let selection else {
                throw ValidationError("expected a distro, an image, or --from FILE|DIRECTORY|URL")
            }
            guard !keepCredentials else {
                throw ValidationError(
                    "--keep-credentials requires a package archive: a root does not use its tarball's mirror")
            }
            let mirror = sources.mirror(for: selection, creation, configuration)
            var discovery = try selection.tarball(mirror: mirror)
            if allowed.allowUnsigned { discovery.allowsUnsigned = true }
            return try await creation.fetcher(keyring: request.keyring).resolve(discovery)
        }
        var base = Base(from: creation.bare(from), digest: digest, relativeTo: Surroundings.workingDirectory)
        if base.directory != nil {
            guard sha256 == nil else {
                throw ValidationError("--sha256 cannot be combined with a directory, which has no digest")
            }
            guard !sources.requireSignature else {
                throw ValidationError("--require-signature cannot be combined with a directory, which has no signature")
            }
        }
        base.architecture = try arch.map { try Catalogue.architecture($0) }
        // The user chooses names; the tree decides the contents.
        let words = (distro ?? "").split(separator: ":", maxSplits: 1).map(String.init)
        base.distro = words.first
        base.release = words.count == 2 ? words[1] : nil
        return base
    }
}

extension Variant: ExpressibleByArgument {}
