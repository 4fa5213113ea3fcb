// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Integrity
internal import Provisioning
internal import SystemPackage
internal import Terminal

/// `build` starts it to fetch a source.
struct FetchSource: AsyncParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        commandName: "fetch-source", abstract: "Fetch the source of a build.", shouldDisplay: false)

    enum Kind: String, ExpressibleByArgument {
        /// A tarball that the user names, or one of the archive's, by its path there.
        case tarball, archive
        /// A source package of the archive's, NAME or NAME=VERSION, or one by its .dsc.
        case package, description
    }

    @Argument var kind: Kind
    @Argument var place: String
    /// Where it goes: empty.
    @Argument var directory: String
    @Option var sha256: String?
    @OptionGroup var archive: ArchiveOptions
    @OptionGroup var progress: ProgressOptions

    func run() async throws {
        let report = Progress(progress.form)
        defer { report.stop() }
        let (creation, configuration) = try Creation.ofCaller(report)
        let target = FilePath(directory)
        let digest = sha256.flatMap { Digest(.sha256, hex: $0) }
        switch kind {
        case .tarball:
            let base = Base(from: creation.bare(place), digest: digest, relativeTo: "/")
            try await creation.fetchSource(base, into: target)
        case .archive:
            guard let digest else { throw ValidationError("expected --sha256") }
            let (bootstrap, _) = try archive.archive(creation, configuration)
            try await creation.fetchSource(file: place, digest: digest, of: bootstrap, into: target)
        case .description:
            try await creation.fetchSource(description: creation.bare(place), into: target)
        case .package:
            let (bootstrap, request) = try archive.archive(creation, configuration)
            let words = place.split(separator: "=", maxSplits: 1).map(String.init)
            try await creation.fetchSource(
                package: words[0], version: words.count == 2 ? words[1] : nil, of: bootstrap, request, into: target)
        }
    }
}
