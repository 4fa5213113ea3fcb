// SPDX-License-Identifier: Apache-2.0

package import Images
internal import Integrity
internal import SystemPackage

extension RootRecord {
    /// The container image that a root is made of.
    package struct Image: Codable, Equatable, Sendable {
        /// As the user named it: `oci:debian:12`.
        package var reference: String
        /// Of the manifest, where it came from: `sha256:…`.
        package var digest: String
        /// Of the index that names the manifest.
        package var index: String?
        /// What was required of it: types of requirements of containers-policy.json(5).
        package var policy: [String]
        /// Lowest first.
        package var layers: [Descriptor]
        /// Of the layers with their compression taken off.
        package var diffIDs: [String]
        /// How it is to be run.
        package var settings: ImageSettings?

        init(_ image: StoredImage) {
            reference = image.source.description
            (digest, index) = (image.digest.description, image.index?.description)
            policy = image.policy?.requirements ?? []
            layers = image.layers.map(\.descriptor)
            diffIDs = image.layers.map(\.diffID.description)
            settings = image.configuration.config
        }

        /// What names it and no later one, where it is in a registry.
        var pinnedReference: String {
            let source = try? ImageSource(reference, relativeTo: "/")
            return source?.pinned(to: digest)?.description ?? reference
        }
    }
}
