// SPDX-License-Identifier: Apache-2.0

/// Media types of the OCI image specification (media-types.md), and Docker's of the same (image manifest version 2, schema 2).
package enum MediaType {
    package static let index = "application/vnd.oci.image.index.v1+json"
    package static let manifest = "application/vnd.oci.image.manifest.v1+json"
    package static let configuration = "application/vnd.oci.image.config.v1+json"
    package static let gzipLayer = "application/vnd.oci.image.layer.v1.tar+gzip"
    package static let zstdLayer = "application/vnd.oci.image.layer.v1.tar+zstd"
    static let plainLayer = "application/vnd.oci.image.layer.v1.tar"

    private static let dockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json"
    private static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    private static let dockerConfiguration = "application/vnd.docker.container.image.v1+json"
    private static let layers: Set<String> = [
        plainLayer, gzipLayer, zstdLayer, "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.diff.tar", "application/vnd.docker.image.rootfs.diff.tar.zstd",
    ]

    static func isIndex(_ type: String?) -> Bool { type == index || type == dockerIndex }
    static func isManifest(_ type: String?) -> Bool { type == manifest || type == dockerManifest }
    static func isConfiguration(_ type: String) -> Bool { type == configuration || type == dockerConfiguration }

    /// Whether mangrove can unpack it: not encrypted, and not one that only its vendor may hand on.
    static func isLayer(_ type: String) -> Bool { layers.contains(type) }
}
