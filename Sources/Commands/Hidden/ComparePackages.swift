// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import SystemPackage
internal import Terminal

/// What `build --check` does with Debian packages.
struct ComparePackages: AsyncParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        commandName: "compare-packages", abstract: "Compare packages with the archive's.", shouldDisplay: false)

    @OptionGroup var archive: ArchiveOptions
    @OptionGroup var progress: ProgressOptions
    @Argument var files: [String]

    func run() async throws {
        let report = Progress(progress.form)
        defer { report.stop() }
        let (creation, configuration) = try Creation.ofCaller(report)
        let (bootstrap, request) = try archive.archive(creation, configuration)
        for package in try await creation.compare(files.map { FilePath($0) }, with: bootstrap, request) {
            for line in Self.lines(package.name, package.result) { report.say(line) }
        }
    }

    static func lines(_ name: String, _ result: ComparedPackage.Result) -> [String] {
        switch result {
        case .same: return ["\(name): identical to the archive's"]
        case .notPublished: return ["\(name): the archive does not have this version"]
        case .different(let places):
            let rest = places.count > 12 ? ["and \(places.count - 12) more"] : []
            return ["\(name): differs from the archive's:"] + (places.prefix(12) + rest).map { "    \($0)" }
        }
    }
}
