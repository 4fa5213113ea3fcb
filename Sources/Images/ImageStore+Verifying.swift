// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import Integrity

/// Nothing of an image is used before its blobs are what their digests say.
extension ImageStore {
    struct Contents {
        let manifest: ImageManifest
        let configuration: ImageConfiguration
        let configurationDocument: RawJSON
        let layers: [StoredImage.Layer]
    }

    /// Every blob of the image is compared with its digest.
    func verified(_ descriptor: Descriptor, _ name: String) throws(ImageError) -> Contents {
        let blobs = ImageBlobs(directory: blobs, image: name, deletesDamaged: true)
        let manifest: ImageManifest = try blobs.read(descriptor, called: "manifest")
        if let type = manifest.config.mediaType, !MediaType.isConfiguration(type) {
            throw ImageError(.unsupported("it is no image but an artifact of type \(type)"), name)
        }
        let configuration: ImageConfiguration = try blobs.read(manifest.config, called: "configuration")
        let document: RawJSON = try blobs.read(manifest.config, called: "configuration")
        let diffIDs = configuration.rootfs.diffIDs
        guard !manifest.layers.isEmpty else { throw ImageError(.unsupported("there is no layer in it"), name) }
        guard diffIDs.count == manifest.layers.count else {
            throw ImageError(
                .damaged("it has \(manifest.layers.count) layers, its configuration \(diffIDs.count)"), name)
        }
        var layers: [StoredImage.Layer] = []
        for (layer, text) in zip(manifest.layers, diffIDs) {
            guard let type = layer.mediaType, MediaType.isLayer(type) else {
                throw ImageError(
                    .unsupported("layer \(layer.digest) is of the type \(layer.mediaType ?? "that nobody says")"), name)
            }
            var named = layer
            named.digest = text
            guard let diffID = named.checkedDigest else { throw ImageError(.damaged("\(text) is no digest"), name) }
            layers.append(.init(path: try blobs.verify(layer).path, descriptor: layer, diffID: diffID))
        }
        return Contents(
            manifest: manifest, configuration: configuration, configurationDocument: document, layers: layers)
    }

    /// skopeo takes an image without an index as it is, whatever was asked for.
    func requireArchitecture(
        _ configuration: ImageConfiguration, _ wanted: Architecture, _ name: String
    ) throws(ImageError) {
        let platform = wanted.platform
        guard configuration.os == platform.os else {
            throw ImageError(.unsupported("it is an image for \(configuration.os), expected linux"), name)
        }
        guard configuration.architecture == platform.architecture else {
            throw ImageError(.noSuchArchitecture(wanted.rawValue, offered: [configuration.architecture]), name)
        }
    }

    func stored(
        _ source: ImageSource, _ known: Known, _ contents: Contents, _ policy: [UInt8]?, _ lock: consuming FileLock
    ) throws(ImageError) -> StoredImage {
        var named = known.manifest
        named.digest = known.digest
        guard let digest = named.checkedDigest else {
            throw ImageError(.damaged("\(known.digest) is no digest"), source.description)
        }
        named.digest = known.index ?? ""
        return StoredImage(
            source: source, digest: digest, index: named.checkedDigest, configuration: contents.configuration,
            configurationDocument: contents.configurationDocument, manifest: contents.manifest,
            document: known.manifest, blobs: blobs, layers: contents.layers,
            policy: policy.flatMap { SignaturePolicy($0, for: source) }, lock: lock)
    }
}
