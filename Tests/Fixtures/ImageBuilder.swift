// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Foundation
package import Integrity
internal import Processes
package import SystemPackage

/// A directory in the OCI image layout, written document by document, so that a test can make what no tool would.
package struct ImageBuilder {
    package let directory: FilePath
    package var architecture = "arm64"
    package var os = "linux"
    package var variant: String?
    /// The configuration's `config`, as JSON.
    package var settings = "{}"
    package var configurationType = "application/vnd.oci.image.config.v1+json"
    /// Descriptors of the layers as JSON objects, lowest first.
    package var layers: [String] = []
    package var diffIDs: [String] = []

    package init(_ directory: FilePath) throws {
        self.directory = directory
        try directory.appending("blobs/sha256").makeDirectories()
        try AtomicFile.write(
            Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), to: directory.appending("oci-layout"))
    }

    package func path(of digest: Digest) -> FilePath { directory.appending("blobs/sha256").appending(digest.hex) }

    package func blob(_ bytes: [UInt8]) throws -> Digest {
        let digest = try Digest.of(bytes)
        try AtomicFile.write(bytes, to: path(of: digest))
        return digest
    }

    package static func descriptor(_ type: String, _ digest: String, _ size: Int, _ more: String = "") -> String {
        #"{"mediaType":"\#(type)","digest":"\#(digest)","size":\#(size)\#(more)}"#
    }

    /// Adds a layer. `compression`: a program that compresses its input, as `gzip`; nil: none.
    @discardableResult
    package mutating func add(_ tar: TarBuilder, compression: String? = nil) throws -> Digest {
        let plain = tar.finished
        diffIDs.append(try Digest.of(plain).description)
        var bytes = plain
        if let compression {
            let file = directory.appending("layer")
            try AtomicFile.write(plain, to: file)
            bytes = try ChildProcess.run(
                "/usr/bin/env",
                [compression, compression == "gzip" ? "-1nc" : "-qc", file.string],
                environment: ["PATH=/usr/bin:/bin"], limit: 1 << 30
            ).output
            try Directory.open(directory).unlink("layer")
        }
        let digest = try blob(bytes)
        let type = "application/vnd.oci.image.layer.v1.tar" + (compression.map { "+\($0)" } ?? "")
        layers.append(Self.descriptor(type, digest.description, bytes.count))
        return digest
    }

    /// Writes configuration and manifest; the manifest's descriptor.
    package func manifest() throws -> (digest: Digest, descriptor: String) {
        let ids = diffIDs.map { "\"\($0)\"" }.joined(separator: ",")
        let version = variant.map { #","variant":"\#($0)""# } ?? ""
        let config = Array(
            #"{"architecture":"\#(architecture)"\#(version),"os":"\#(os)","config":\#(settings),"rootfs":{"type":"layers","diff_ids":[\#(ids)]}}"#
                .utf8)
        let type = "application/vnd.oci.image.manifest.v1+json"
        let own = Self.descriptor(configurationType, try blob(config).description, config.count)
        let bytes = Array(
            #"{"schemaVersion":2,"mediaType":"\#(type)","config":\#(own),"layers":[\#(layers.joined(separator: ","))]}"#
                .utf8)
        let digest = try blob(bytes)
        let platform = #","platform":{"architecture":"\#(architecture)","os":"\#(os)"\#(version)}"#
        return (digest, Self.descriptor(type, digest.description, bytes.count, platform))
    }

    /// Makes `descriptors` the images of the layout.
    package func publish(_ descriptors: [String]) throws {
        try AtomicFile.write(
            Array(#"{"schemaVersion":2,"manifests":[\#(descriptors.joined(separator: ","))]}"#.utf8),
            to: directory.appending("index.json"))
    }

    /// Makes the image as it stands the only one of the layout; its manifest's digest.
    @discardableResult
    package func publish(tag: String = "latest") throws -> Digest {
        let (digest, descriptor) = try manifest()
        let tagged = descriptor.dropLast() + #","annotations":{"org.opencontainers.image.ref.name":"\#(tag)"}}"#
        try publish([String(tagged)])
        return digest
    }
}
