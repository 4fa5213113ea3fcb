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
            The file name selects the compression: .tar, .tar.gz or .tgz, .tar.zst, .tar.xz. Images are \
            oci-layout:DIRECTORY[:TAG], docker-archive:FILE[:REFERENCE], or oci:REFERENCE in a registry; a root made \
            from an image keeps its layers. With --reproducible, and for images, roots made from the same files give \
            the same bytes (docs/reproducing.md); $SOURCE_DATE_EPOCH limits times.
            """)

    @Argument(help: "The root.", completion: Completions.roots)
    var name: String

    @Argument(
        help: ArgumentHelp("The archive or image; - is standard output.", valueName: "file|image"),
        completion: .file())
    var file: String

    @Option(help: "The compression, regardless of the name.")
    var compression: TreeArchive.Compression?

    @Flag(help: "Leave out traces of when and where the root was made.")
    var reproducible = false

    @Flag(help: "Add device nodes and /run/lock, for pbuilder, sbuild and chroot(1).")
    var chroot = false

    @Flag(help: "Write the image as a single layer.")
    var singleLayer = false

    @Option(help: ArgumentHelp("Sign the image in the registry with this gpg(1) key.", valueName: "fingerprint"))
    var signBy: String?

    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var progress: ProgressOptions

    func validate() throws {
        if ImageSource.isMeant(by: file) { return try validateImage() }
        guard !singleLayer, signBy == nil else {
            throw ValidationError("--single-layer and --sign-by require an image")
        }
        guard file != "-" || isatty(1) == 0 else { throw ValidationError("refusing to write an archive to a terminal") }
        guard chosen != nil else {
            throw ValidationError("\(file): expected .tar, .tar.gz, .tgz, .tar.zst or .tar.xz")
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
        export.isForChroot = chroot
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
