// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
package import Integrity
package import JSON5
internal import SystemPackage

/// What refers to a blob (OCI image specification, descriptor.md).
package struct Descriptor: Codable, Equatable, Sendable {
    package struct Platform: Codable, Equatable, Sendable {
        package var architecture: String
        package var os: String
        package var variant: String?

        package init(architecture: String, os: String = "linux", variant: String? = nil) {
            (self.architecture, self.os, self.variant) = (architecture, os, variant)
        }
    }

    package var mediaType: String?
    package var digest: String
    /// In bytes.
    package var size: Int64
    package var platform: Platform?
    package var annotations: [String: String]?

    package init(
        mediaType: String, digest: Digest, size: Int64, platform: Platform? = nil, annotations: [String: String]? = nil
    ) {
        (self.mediaType, self.digest, self.size) = (mediaType, digest.description, size)
        (self.platform, self.annotations) = (platform, annotations)
    }

    /// nil where it is of no algorithm that is known, or no digest: it becomes the name of a file.
    package var checkedDigest: Digest? { Digest(parsing: digest) }
}

/// An image index or Docker's manifest list.
package struct ImageIndex: Codable, Equatable, Sendable {
    package var schemaVersion = 2
    package var mediaType: String?
    package var manifests: [Descriptor]

    package init(manifests: [Descriptor]) {
        mediaType = MediaType.index
        self.manifests = manifests
    }
}

/// The manifest of one image, of one architecture.
package struct ImageManifest: Codable, Equatable, Sendable {
    package var schemaVersion = 2
    package var mediaType: String?
    package var config: Descriptor
    package var layers: [Descriptor]
    package var annotations: [String: String]?

    package init(config: Descriptor, layers: [Descriptor], annotations: [String: String]? = nil) {
        mediaType = MediaType.manifest
        (self.config, self.layers, self.annotations) = (config, layers, annotations)
    }
}

/// `index.json` and `oci-layout` of a directory in the OCI image layout (image-layout.md).
package enum ImageLayout {
    package static let index = "index.json"
    package static let marker = "oci-layout"
    package static let markerContents = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
    /// Of a manifest in the index: its tag.
    package static let nameAnnotation = "org.opencontainers.image.ref.name"

    /// The only manifest of the layout at `directory`, as skopeo(1) leaves one. `image` serves messages.
    static func manifest(in directory: FilePath, of image: String) throws(ImageError) -> Descriptor {
        let bytes = try ImageError.of(image) { () throws(FilesystemError) in
            try directory.appending(index).readFile(limit: 1 << 20)
        }
        guard let found: ImageIndex = ImageJSON.decode(bytes), found.manifests.count == 1 else {
            throw ImageError(.damaged("skopeo wrote no image"), image)
        }
        return found.manifests[0]
    }
}

/// JSON as it is written into images: the same bytes for the same value.
package enum ImageJSON {
    package static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Nothing in these can fail to encode.
        return Array((try? encoder.encode(value)) ?? Data())
    }

    /// `value` as it is encoded.
    package static func value(_ value: some Encodable) -> JSONValue { decode(encode(value)) ?? .null }

    /// nil where `bytes` are no such document.
    package static func decode<Value: Decodable>(_ bytes: [UInt8], as type: Value.Type = Value.self) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}
