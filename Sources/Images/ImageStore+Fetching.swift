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
        // A tag may be moved meanwhile; then try once more.
        for _ in 0..<2 {
            let top = try skopeo.manifest(of: source)
            let topDigest = try digest(of: top, name).description
            if let known, [known.digest, known.index].contains(topDigest) {
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
        try skopeo.copy(source, for: architecture.platform, to: layout, blobs: blobs)
        return try ImageLayout.manifest(in: layout, of: name)
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
                    throw ImageError(.damaged("the registry returned another manifest than \(candidate.digest)"), name)
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
