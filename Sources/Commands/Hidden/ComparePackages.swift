// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Catalogue
internal import Provisioning
internal import SystemPackage
internal import Terminal

/// What `build --check` does with Debian packages.
struct ComparePackages: AsyncParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        commandName: "compare-packages", abstract: "Compare packages with the archive's.", shouldDisplay: false)

    /// DISTRO:RELEASE.
    @Option var base: String
    @Option var architecture: Architecture
    @OptionGroup var allowed: AllowanceOptions
    @OptionGroup var sources: SourceOptions
    @OptionGroup var progress: ProgressOptions
    @Argument var files: [String]

    func run() async throws {
        let locations = try Surroundings.locations()
        let configuration = try Configuration(at: locations.configuration)
        let report = Progress(progress.form)
        defer { report.stop() }
        let creation = try Creation.ofCaller(
            locations, configuration, cpu: nil, caller: Surroundings.caller(), report)
        let selection = try sources.catalogue.load().select(base, architecture: architecture)
        let mirror = (sources.mirror ?? configuration.mirrors[selection.distro.name]).map(creation.bare)
        var bootstrap = BootstrapRequest(base: try selection.archive(mirror: mirror))
        bootstrap.mirror = mirror
        var request = CreationRequest(name: try RootName("comparison"))
        request.keyring = sources.keyring.map { FilePath($0) }
        request.allowances = allowed.allowances
        for package in try await creation.compare(files.map { FilePath($0) }, with: bootstrap, request) {
            report.say("\(package.name): \(Self.words(package.result))")
        }
    }

    private static func words(_ result: ComparedPackage.Result) -> String {
        switch result {
        case .same: return "the archive's, bit for bit"
        case .notPublished: return "the archive does not have this version"
        case .different(let places):
            let rest = places.count > 12 ? ["and \(places.count - 12) more"] : []
            return (["differs from the archive's:"] + places.prefix(12) + rest).joined(separator: "\n    ")
        }
    }
}
