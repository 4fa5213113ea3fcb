// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
package import Integrity
package import JSON5
package import SystemPackage

/// An image whose blobs are on the disk and were verified. As long as this lives they are not pruned.
package final class StoredImage: Sendable {
    package struct Layer: Sendable {
        package let path: FilePath
        package let descriptor: Descriptor
        /// With its compression taken off.
        package let diffID: Digest
    }

    package let source: ImageSource
    /// Of its manifest as it is where it came from.
    package let digest: Digest
    /// Of the index that the manifest was chosen from.
    package let index: Digest?
    package let configuration: ImageConfiguration
    /// The same with all that is in it.
    package let configurationDocument: JSONValue
    package let manifest: ImageManifest
    /// Of the manifest as it is here.
    let document: Descriptor
    private let blobs: FilePath
    /// Lowest first.
    package let layers: [Layer]
    /// What was required of it; nil where that cannot be told.
    package let policy: SignaturePolicy?
    private let lock: FileLock

    init(
        source: ImageSource, digest: Digest, index: Digest?, configuration: ImageConfiguration,
        configurationDocument: JSONValue, manifest: ImageManifest, document: Descriptor, blobs: FilePath,
        layers: [Layer],
        policy: SignaturePolicy?,
        lock: consuming FileLock
    ) {
        (self.document, self.blobs, self.configurationDocument) = (document, blobs, configurationDocument)
        (self.source, self.digest, self.index) = (source, digest, index)
        (self.configuration, self.manifest, self.layers, self.policy) = (configuration, manifest, layers, policy)
        self.lock = lock
    }

    deinit { withExtendedLifetime(lock.rawValue) {} }

    /// Adds configuration and manifest to another layout; the manifest's descriptor.
    package func copyDocuments(to writer: LayoutWriter) throws(ImageError) -> Descriptor {
        let own = ImageBlobs(directory: blobs, image: source.description)
        for descriptor in [manifest.config, document] { try writer.add(descriptor, from: own.verify(descriptor)) }
        return document
    }

    /// Of its layers, compressed as they are, in bytes.
    package var size: Int64 { manifest.layers.reduce(0) { $0 + $1.size } }
}
