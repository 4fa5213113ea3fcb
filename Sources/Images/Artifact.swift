// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// A file that is not an image, in a registry: one layer, and a configuration that describes it (OCI image
/// specification, manifest.md, "Guidelines for Artifact Usage").
package struct Artifact: Sendable {
    package let configuration: [UInt8]
    /// Its one file, whose digest was verified.
    package let file: FilePath
    package let policy: SignaturePolicy?

    package static let configurationType = "application/vnd.mangrove.cache.v1+json"
    package static let layerType = "application/vnd.mangrove.cache.v1.tar+zstd"
    static let tag = "artifact"

    /// Makes the file at `path`, one that `writer` made, and `configuration` the only artifact of a layout.
    package static func write(
        _ configuration: [UInt8], file path: FilePath, to writer: LayoutWriter
    ) throws(ImageError) -> Descriptor {
        let layer = try writer.add(file: path, mediaType: layerType)
        let config = try writer.add(configuration, mediaType: configurationType)
        let manifest = ImageManifest(config: config, layers: [layer])
        let descriptor = try writer.add(ImageJSON.encode(manifest), mediaType: MediaType.manifest)
        try writer.publish(descriptor, tag: tag)
        return descriptor
    }
}

extension Skopeo {
    /// Uploads the artifact in `layout` to a registry. `signer` as for images.
    package func push(artifact layout: FilePath, to target: ImageSource, signer: String?) throws(ImageError) {
        try push(layout, tag: Artifact.tag, to: target, signer: signer)
    }

    /// Copies an artifact into `layout`, a directory that is not there yet.
    ///
    /// `home`: where the user's policy is.
    package func pull(artifact source: ImageSource, to layout: FilePath, home: FilePath?) throws(ImageError) -> Artifact
    {
        let name = source.description
        try copy(source, to: layout, tag: Artifact.tag)
        let blobs = ImageBlobs(directory: layout.appending("blobs"), image: name)
        let manifest: ImageManifest = try blobs.read(ImageLayout.manifest(in: layout, of: name), called: "manifest")
        guard manifest.config.mediaType == Artifact.configurationType, manifest.layers.count == 1 else {
            throw ImageError(.unsupported("it was not written by mangrove cache push"), name)
        }
        return Artifact(
            configuration: try blobs.bytes(manifest.config), file: try blobs.verify(manifest.layers[0]),
            policy: SignaturePolicy(home: home, for: source))
    }
}
