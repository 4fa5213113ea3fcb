// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Extraction
internal import Images
internal import Provisioning
internal import Terminal

/// `export` to a container image.
extension ExportCommand {
    func validateImage() throws {
        switch compression {
        case nil, .gzip, .zstd: break
        case TreeArchive.Compression.none?, .xz?:
            throw ValidationError("--compression: expected gzip or zstd for an image")
        }
        guard !chroot else { throw ValidationError("--chroot requires an archive, not an image") }
        guard signBy == nil || file.hasPrefix("oci:") else {
            throw ValidationError("--sign-by requires an image in a registry: oci:REFERENCE")
        }
    }

    func export(to image: ImageSource, _ store: RootStore) throws {
        var export = try ImageExport(
            name, of: store, to: image, cache: Cache(Surroundings.locations().cache),
            sourceDate: Surroundings.sourceDate(), environment: Surroundings.environment)
        export.compression = compression ?? .gzip
        export.isFlat = singleLayer
        export.signer = signBy
        if dryRun.isDryRun {
            let base = singleLayer ? nil : export.root.image
            let layers = base.map { "the layers of \($0.reference) and one on top" } ?? "one layer"
            return try Console.print(
                "write \(export.root.path) to \(image), \(layers), compression \(export.compression.rawValue), "
                    + "no time after \(RecordTime.text(export.newestTime))\n")
        }
        Interruption.cleansUp(deleting: export.temporary)
        let report = Progress(progress.form)
        defer { report.stop() }
        report.begin("exporting \(name)")
        let done = try export.perform(using: try Surroundings.workers()) {
            report.advance(to: $0)
        } note: {
            report.warn($0)
        }
        report.end()
        for left in done.leftOut { report.warn("left out: \(left.path): \(left.reason)") }
        let kept = done.kept > 0 ? ", \(done.kept) of them unchanged" : ""
        report.say("\(image): \(done.layers == 1 ? "1 layer" : "\(done.layers) layers")\(kept); \(done.digest)")
    }
}
