// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import Integrity
internal import JSON5
internal import SystemPackage

/// Nothing of an image is used before its blobs are what their digests say.
extension ImageStore {
    struct Contents {
        let manifest: ImageManifest
        let configuration: ImageConfiguration
        let configurationDocument: JSONValue
        let layers: [StoredImage.Layer]
    }

    /// Verifies every blob of the image by its digest; all damaged ones are deleted, to be fetched again.
    func verified(_ descriptor: Descriptor, _ name: String) throws(ImageError) -> Contents {
        let blobs = ImageBlobs(directory: blobs, image: name, deletesDamaged: true)
        let manifest: ImageManifest = try blobs.read(descriptor, called: "manifest")
        if let type = manifest.config.mediaType, !MediaType.isConfiguration(type) {
            throw ImageError(.unsupported("expected an image, found an artifact of type \(type)"), name)
        }
        guard !manifest.layers.isEmpty else { throw ImageError(.unsupported("it has no layers"), name) }
        var failure: ImageError?
        var paths: [FilePath] = []
        for blob in manifest.layers + [manifest.config] {
            do throws(ImageError) { paths.append(try blobs.verify(blob)) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
        let bytes = try blobs.bytes(manifest.config)
        guard let configuration: ImageConfiguration = ImageJSON.decode(bytes),
            let document: JSONValue = ImageJSON.decode(bytes)
        else {
            throw ImageError(
                .damaged("configuration \(manifest.config.digest) does not follow the specification"), name)
        }
        let diffIDs = configuration.rootfs.diffIDs
        guard diffIDs.count == manifest.layers.count else {
            throw ImageError(
                .damaged("it has \(manifest.layers.count) layers, its configuration lists \(diffIDs.count)"), name)
        }
        var layers: [StoredImage.Layer] = []
        for (index, layer) in manifest.layers.enumerated() {
            guard let type = layer.mediaType, MediaType.isLayer(type) else {
                throw ImageError(
                    .unsupported("layer \(layer.digest): unsupported type \(layer.mediaType ?? "(none)")"), name)
            }
            guard let diffID = Digest(parsing: diffIDs[index]) else {
                throw ImageError(.damaged("invalid digest \(diffIDs[index])"), name)
            }
            layers.append(.init(path: paths[index], descriptor: layer, diffID: diffID))
        }
        return Contents(
            manifest: manifest, configuration: configuration, configurationDocument: document, layers: layers)
    }

    /// skopeo accepts an image without an index for any requested architecture.
    func requireArchitecture(
        _ configuration: ImageConfiguration, _ wanted: Architecture, _ name: String
    ) throws(ImageError) {
        let platform = wanted.platform
        guard configuration.os == platform.os else {
            throw ImageError(.unsupported("expected an image for linux, found one for \(configuration.os)"), name)
        }
        guard configuration.architecture == platform.architecture else {
            throw ImageError(.noSuchArchitecture(wanted.rawValue, offered: [configuration.architecture]), name)
        }
    }

    func stored(
        _ source: ImageSource, _ known: Known, _ contents: Contents, _ lock: consuming FileLock
    ) throws(ImageError) -> StoredImage {
        guard let digest = Digest(parsing: known.digest) else {
            throw ImageError(.damaged("invalid digest \(known.digest)"), source.description)
        }
        return StoredImage(
            source: source, digest: digest, index: known.index.flatMap { Digest(parsing: $0) },
            configuration: contents.configuration,
            configurationDocument: contents.configurationDocument, manifest: contents.manifest,
            document: known.manifest, blobs: blobs, layers: contents.layers,
            policy: SignaturePolicy(home: home, for: source), lock: lock)
    }
}
