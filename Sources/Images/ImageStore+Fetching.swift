// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import Glibc
internal import Integrity
internal import SystemPackage

extension ImageStore {
    func fetch(
        _ source: ImageSource, _ architecture: Architecture, _ skopeo: Skopeo, _ known: Known?
    ) throws(ImageError) -> Known {
        let name = source.description
        guard case .registry = source else {
            let manifest = try copy(source, architecture, skopeo)
            return Known(
                source: name, architecture: architecture.rawValue, digest: manifest.digest, manifest: manifest,
                fetched: Int64(time(nil)))
        }
        // A tag may be moved while it is fetched; then once more.
        for _ in 0..<2 {
            let top = try skopeo.manifest(of: source)
            let topDigest = try digest(of: top, name).description
            if let known, [known.digest, known.index].contains(topDigest), (try? verified(known.manifest, name)) != nil
            {
                var known = known
                known.fetched = Int64(time(nil))
                return known
            }
            let choice = try ManifestChoice(top, digest: topDigest, image: name)
            try choice.requireOffered(architecture)
            let manifest = try copy(source, architecture, skopeo)
            guard let chosen = try original(of: manifest, in: choice, source, architecture, skopeo) else { continue }
            return Known(
                source: name, architecture: architecture.rawValue, digest: chosen,
                index: chosen == topDigest ? nil : topDigest, manifest: manifest, fetched: Int64(time(nil)))
        }
        throw ImageError(.changedMeanwhile, name)
    }

    /// Returns the manifest in OCI's form.
    private func copy(
        _ source: ImageSource, _ architecture: Architecture, _ skopeo: Skopeo
    ) throws(ImageError) -> Descriptor {
        let name = source.description
        let layout = newLayout
        defer { discard(layout) }
        try ImageError.of(name) { () throws(FilesystemError) in try blobs.makeDirectories(mode: 0o700) }
        try discardDamaged(source, architecture)
        try skopeo.copy(source, for: architecture.platform, to: layout, blobs: blobs)
        let bytes = try ImageError.of(name) { () throws(FilesystemError) in
            try layout.appending(ImageLayout.index).readFile(limit: 1 << 20)
        }
        guard let index: ImageIndex = ImageJSON.decode(bytes), index.manifests.count == 1 else {
            throw ImageError(.damaged("skopeo left no image"), name)
        }
        return index.manifests[0]
    }

    /// A blob that is here is not fetched again: one that has been damaged since must not be.
    private func discardDamaged(_ source: ImageSource, _ architecture: Architecture) throws(ImageError) {
        guard let known = read(try recordPath(source, architecture)) else { return }
        let blobs = ImageBlobs(directory: blobs, image: source.description)
        var descriptors = [known.manifest]
        if let manifest: ImageManifest = try? blobs.read(known.manifest, called: "manifest") {
            descriptors += [manifest.config] + manifest.layers
        }
        for descriptor in descriptors where (try? blobs.verify(descriptor)) == nil {
            if let digest = descriptor.checkedDigest { _ = unsafe unlink(blobs.path(of: digest).string) }
        }
    }

    /// The digest, in the registry, of the manifest that `manifest` was made from; nil where none of `choice` is it.
    private func original(
        of manifest: Descriptor, in choice: ManifestChoice, _ source: ImageSource, _ architecture: Architecture,
        _ skopeo: Skopeo
    ) throws(ImageError) -> String? {
        let name = source.description
        if let same = choice.candidates(architecture).first(where: { $0.digest == manifest.digest }) {
            return same.digest
        }
        // One in Docker's form became another document, of the same layers.
        let copied: ImageManifest = try ImageBlobs(directory: blobs, image: name).read(manifest, called: "manifest")
        for candidate in choice.candidates(architecture) {
            let bytes: [UInt8]
            if let contents = candidate.contents {
                bytes = contents
            } else if let pinned = source.pinned(to: candidate.digest) {
                bytes = try skopeo.manifest(of: pinned)
                guard try digest(of: bytes, name).description == candidate.digest else {
                    throw ImageError(.damaged("the registry's manifest \(candidate.digest) is another"), name)
                }
            } else {
                continue
            }
            guard let found: ImageManifest = ImageJSON.decode(bytes) else { continue }
            // The configuration is written anew where it is converted.
            if found.layers.map(\.digest) == copied.layers.map(\.digest) { return candidate.digest }
        }
        return nil
    }
}
