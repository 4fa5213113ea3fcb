// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Catalogue
internal import Integrity
internal import Provisioning
internal import SystemPackage
internal import Terminal

/// What `build` does where the source is not there yet.
struct FetchSource: AsyncParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        commandName: "fetch-source", abstract: "Get the source of a build.", shouldDisplay: false)

    enum Kind: String, ExpressibleByArgument {
        case tarball, package, description
    }

    @Argument var kind: Kind
    @Argument var place: String
    /// Where it goes: empty.
    @Argument var directory: String
    @Option var sha256: String?
    /// Of a package: DISTRO:RELEASE.
    @Option var base: String?
    @Option var architecture: Architecture?
    @OptionGroup var allowed: AllowanceOptions
    @OptionGroup var sources: SourceOptions
    @OptionGroup var progress: ProgressOptions

    func run() async throws {
        let locations = try Surroundings.locations()
        let configuration = try Configuration(at: locations.configuration)
        let report = Progress(progress.form)
        defer { report.stop() }
        let creation = try Creation.ofCaller(
            locations, configuration, cpu: nil, caller: Surroundings.caller(), report)
        let target = FilePath(directory)
        switch kind {
        case .tarball:
            let base = Base(
                from: creation.bare(place), digest: sha256.flatMap { Digest(.sha256, hex: $0) }, relativeTo: "/")
            try await creation.fetchSource(base, into: target)
        case .description:
            try await creation.fetchSource(description: creation.bare(place), into: target)
        case .package:
            let selection = try sources.catalogue.load().select(base ?? "debian", architecture: architecture ?? .arm64)
            let mirror = (sources.mirror ?? configuration.mirrors[selection.distro.name]).map(creation.bare)
            var bootstrap = BootstrapRequest(base: try selection.archive(mirror: mirror))
            bootstrap.mirror = mirror
            var request = CreationRequest(name: try RootName("source"))
            request.keyring = sources.keyring.map { FilePath($0) }
            request.allowances = allowed.allowances
            let words = place.split(separator: "=", maxSplits: 1).map(String.init)
            try await creation.fetchSource(
                package: words[0], version: words.count == 2 ? words[1] : nil, of: bootstrap, request, into: target)
        }
    }
}
