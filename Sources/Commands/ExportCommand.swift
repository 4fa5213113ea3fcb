// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Extraction
internal import Glibc
internal import Provisioning
internal import SystemPackage
internal import Terminal

struct ExportCommand: ParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a root as a tar archive.",
        discussion: """
            How it is compressed is taken from the name: .tar, .tar.gz or .tgz, .tar.zst, .tar.xz. With --reproducible roots \
            that were made of the same give the same bytes: what says when and where they were made is left out \
            (docs/reproducing.md), and no time is later than $SOURCE_DATE_EPOCH, else than that of the newest thing the root \
            was made of.
            """)

    @Argument(help: "The root.")
    var name: String

    @Argument(help: "The archive; - is standard output.", completion: .file())
    var file: String

    @Option(help: "How to compress it, whatever the name says.")
    var compression: TreeArchive.Compression?

    @Flag(help: "Leave out what says when and where the root was made.")
    var reproducible = false

    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var progress: ProgressOptions

    func validate() throws {
        guard file != "-" || isatty(1) == 0 else { throw ValidationError("an archive is nothing for a terminal") }
        guard chosen != nil else {
            throw ValidationError("\(file) does not end in .tar, .tar.gz, .tgz, .tar.zst or .tar.xz")
        }
    }

    /// nil where nobody says.
    private var chosen: TreeArchive.Compression? {
        if let compression { return compression }
        if file == "-" { return TreeArchive.Compression.none }
        let endings: [(String, TreeArchive.Compression)] = [
            (".tar", .none), (".tar.gz", .gzip), (".tgz", .gzip), (".tar.zst", .zstd), (".tar.xz", .xz),
        ]
        return endings.first { file.hasSuffix($0.0) }?.1
    }

    func run() throws {
        let store = RootStore(try Surroundings.locations().roots)
        let path = file == "-" ? nil : Surroundings.workingDirectory.pushing(FilePath(file))
        var export = try Export(name, of: store, to: path, compression: chosen ?? .none)
        if reproducible { try export.makeReproducible(sourceDate: Surroundings.sourceDate()) }
        if dryRun.isDryRun {
            let times = export.newestTime.map { ", no time after \(RecordTime.text($0))" } ?? ""
            return try Console.print(
                "write \(export.root.path) to \(file), compression \(export.compression.rawValue)\(times)\n")
        }
        Interruption.cleansUp(deleting: export.temporary)
        let report = Progress(progress.form)
        defer { report.stop() }
        report.begin("exporting \(name)")
        let done = try export.perform(using: try Surroundings.workers()) { report.advance(to: $0) }
        report.end()
        for left in done.leftOut { report.warn("left out: \(left.path): \(left.reason)") }
    }
}

extension TreeArchive.Compression: ExpressibleByArgument {}
