// SPDX-License-Identifier: Apache-2.0

internal import Architectures
package import Extraction
internal import Failures
internal import Filesystem
internal import Glibc
package import Images
internal import Integrity
package import SystemPackage

/// A root written as a container image: the same bytes for roots of the same contents, as `ReproducibleExport` has it.
///
/// A root that was made of an image keeps that one's layers, with one over them for what has changed since.
package struct ImageExport: Sendable {
    package let root: RootRecord
    package let target: ImageSource
    /// Of layers that are made.
    package var compression = TreeArchive.Compression.gzip
    /// All in one layer, whatever the root was made of.
    package var isFlat = false
    /// Of gpg(1), for a registry.
    package var signer: String?
    /// Seconds since 1970. No time in it is later.
    package let newestTime: Int64
    private let store: RootStore
    private let images: ImageStore
    private let environment: [String: String]

    /// `environment`: the caller's, for skopeo(1).
    package init(
        _ name: String, of store: RootStore, to target: ImageSource, cache: Cache, sourceDate: Int64?,
        environment: [String: String]
    ) throws(ProvisioningError) {
        root = try store.find(name)
        newestTime = try root.newestTime(sourceDate)
        if case .dockerArchive(let path, _) = target {
            try below { () throws(FilesystemError) in
                try Export.requireReplaceable(path)
                _ = try Directory.open(path.removingLastComponent())
            }
        }
        (self.target, self.store, self.environment) = (target, store, environment)
        images = ImageStore(cache.images, environment: environment)
    }

    /// The archive that is written before it has its name.
    package var temporary: FilePath? {
        guard case .dockerArchive(let path, _) = target else { return nil }
        return Export.temporary(for: path)
    }

    package struct Outcome: Codable, Equatable, Sendable {
        /// Of the manifest; a registry or an archive of Docker's may have it in another form.
        package let digest: String
        /// Layers that the root's own image had.
        package let kept: Int
        package let layers: Int
        package let leftOut: [ExtractionReport.Skipped]
    }

    /// Writes it; a layout, an archive or a registry has it only when it is complete. `note` is told what a user might miss.
    package func perform(
        using workers: some NamespacePerforming, progress: @escaping @Sendable (Int64) -> Void,
        note: (String) -> Void
    ) throws(ProvisioningError) -> Outcome {
        let tree = FilePath(root.path)
        MountPoints.sweep(tree, in: store.path(of: root.name), using: workers)
        let lock = try store.lock(root.name, .shared)
        defer { withExtendedLifetime(lock.rawValue) {} }
        if case .layout(let path, let tag) = target {
            let writer = try below { () throws(ImageError) in try LayoutWriter(path, for: target.description) }
            return try write(to: writer, tag: tag, using: workers, progress, note)
        }
        let skopeo = try below { () throws(ImageError) in
            try Skopeo(for: target.description, environment: environment)
        }
        return try images.withLayout { layout throws(ProvisioningError) in
            let writer = try below { () throws(ImageError) in try LayoutWriter(layout, for: target.description) }
            let outcome = try write(to: writer, tag: Self.tag, using: workers, progress, note)
            try push(layout, by: skopeo)
            return outcome
        } refuse: {
            ProvisioningError($0)
        }
    }

    private static let tag = "image"

    private func push(_ layout: FilePath, by skopeo: Skopeo) throws(ProvisioningError) {
        guard case .dockerArchive(let path, let reference) = target, let temporary else {
            return try below { () throws(ImageError) in
                try skopeo.push(layout, tag: Self.tag, to: target, signer: signer)
            }
        }
        defer { _ = unsafe unlink(temporary.string) }
        try below { () throws(ImageError) in
            try skopeo.push(layout, tag: Self.tag, to: .dockerArchive(temporary, reference: reference))
        }
        try below { () throws(FilesystemError) in
            try OwnedDescriptor.open(temporary, .readOnly).synchronize(temporary)
            try Export.publish(temporary, as: path)
        }
    }

    private func write(
        to writer: LayoutWriter, tag: String?, using workers: some NamespacePerforming,
        _ progress: @escaping @Sendable (Int64) -> Void, _ note: (String) -> Void
    ) throws(ProvisioningError) -> Outcome {
        let base = isFlat ? nil : baseImage(note)
        if root.ownership == .caller {
            note("all files belong to root in the image, because they have a single owner here")
        }
        let staging = try base.map { base throws(ProvisioningError) in
            try BaseLayers(root, store, base, using: workers)
        }
        defer { staging?.discard(using: workers) }
        let file = try below { () throws(ImageError) in try writer.makeFile() }
        defer { writer.discard(file) }
        let report = try pack(to: file, over: staging?.tree, using: workers, progress)
        var document = ImageDocument(root, base, created: newestTime)
        if base == nil || report.entries > 0 {
            let diffID = try Self.digest(ofUnpacked: file)
            let type = compression == .zstd ? MediaType.zstdLayer : MediaType.gzipLayer
            let layer = try below { () throws(ImageError) in try writer.add(file: file, mediaType: type) }
            document.add(layer, diffID: diffID)
        }
        let manifest = try below { () throws(ImageError) in try document.write(to: writer) }
        try below { () throws(ImageError) in try writer.publish(manifest, tag: tag) }
        return Outcome(
            digest: manifest.digest, kept: base?.layers.count ?? 0, layers: document.layers.count,
            leftOut: report.leftOut)
    }

    /// The image that the root was made of; nil where there is none, or it cannot be had any more.
    private func baseImage(_ note: (String) -> Void) -> StoredImage? {
        guard let image = root.image, let architecture = Architecture(root.architecture) else { return nil }
        do throws(ImageError) {
            guard let source = try ImageSource(image.reference, relativeTo: "/") else { return nil }
            if let kept = images.kept(source, digest: image.digest, for: architecture) { return kept }
            let found = try images.obtain(
                source.pinned(to: image.digest) ?? source, for: architecture, warn: note)
            if found.digest.description == image.digest { return found }
            note("\(image.reference) has changed; writing a single layer")
        } catch {
            note("writing a single layer, because the layers of \(image.reference) are unavailable: \(error.summary)")
        }
        return nil
    }

    private func pack(
        to file: FilePath, over base: FilePath?, using workers: some NamespacePerforming,
        _ progress: @escaping @Sendable (Int64) -> Void
    ) throws(ProvisioningError) -> TreeArchive.Report {
        let output = try below { () throws(FilesystemError) in try OwnedDescriptor.open(file, .writeOnly) }
        let tree = FilePath(root.path)
        let reply = try workers.perform(
            .export(
                .init(
                    tree: tree.string, output: output.rawValue, name: target.description, compression: compression,
                    originals: root.originals(in: tree), newestTime: newestTime, isLayer: true, base: base?.string)),
            progress: progress)
        guard case .exported(let report) = reply else { throw ProvisioningError(.worker("unexpected reply")) }
        return report
    }

    private static func digest(ofUnpacked file: FilePath) throws(ProvisioningError) -> Digest {
        var digest = try below { () throws(IntegrityError) in try DigestComputation(.sha256) }
        let source = try below { () throws(FilesystemError) in try OwnedDescriptor.open(file, .readOnly) }
        try below { () throws(ExtractionError) in
            try unsafe Decompression.decompress(source, name: file.string) { bytes in
                unsafe digest.update(bytes)
                return true
            }
        }
        return digest.finish()
    }
}
