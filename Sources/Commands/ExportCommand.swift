// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Extraction
internal import Glibc
internal import Images
internal import Provisioning
internal import SystemPackage
internal import Terminal

struct ExportCommand: ParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a root as a tar archive or container image.",
        discussion: """
            How it is compressed is taken from the name: .tar, .tar.gz or .tgz, .tar.zst, .tar.xz. With --reproducible roots \
            that were made of the same give the same bytes: what says when and where they were made is left out \
            (docs/reproducing.md), and no time is later than $SOURCE_DATE_EPOCH, else than that of the newest thing the root \
            was made of. That holds for images too, which are oci-layout:DIRECTORY[:TAG], docker-archive:FILE[:REFERENCE], or \
            oci:REFERENCE, which skopeo pushes to a registry; a root made of an image keeps that one's layers.
            """)

    @Argument(help: "The root.")
    var name: String

    @Argument(
        help: ArgumentHelp("The archive, or the image; - is standard output.", valueName: "file|image"),
        completion: .file())
    var file: String

    @Option(help: "How to compress it, whatever the name says.")
    var compression: TreeArchive.Compression?

    @Flag(help: "Leave out what says when and where the root was made.")
    var reproducible = false

    @Flag(help: "Put all of an image into one layer, whatever the root was made of.")
    var singleLayer = false

    @Option(help: ArgumentHelp("Sign the image in the registry with this key of gpg(1).", valueName: "fingerprint"))
    var signBy: String?

    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var progress: ProgressOptions

    func validate() throws {
        if ImageSource.isMeant(by: file) { return try validateImage() }
        guard !singleLayer, signBy == nil else {
            throw ValidationError("--single-layer and --sign-by are for images")
        }
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
        if let image = try ImageSource(file, relativeTo: Surroundings.workingDirectory) {
            return try export(to: image, store)
        }
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
