// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Images
internal import Integrity
internal import JSON5
internal import Sandbox

/// Configuration and manifest of an image in the making.
struct ImageDocument {
    private(set) var layers: [Descriptor]
    private var configuration: JSONValue
    private let platform: Descriptor.Platform
    private let annotations: [String: String]?
    private let base: StoredImage?
    /// The base is unchanged.
    private var isUnchanged: Bool
    private let created: String

    /// `base`: the image whose layers it begins with; nil: none. `created`, in seconds since 1970.
    init(_ root: RootRecord, _ base: StoredImage?, created: Int64) {
        self.created = RecordTime.text(created)
        (self.base, isUnchanged) = (base, base != nil)
        if let base {
            layers = base.manifest.layers
            configuration = base.configurationDocument
            platform = base.configuration.platform
            annotations = Self.annotations(base)
        } else {
            layers = []
            platform = (Architecture(root.architecture) ?? .host).platform
            configuration = ImageJSON.value(
                ImageConfiguration(platform: platform, config: root.image?.settings ?? Self.settings))
            annotations = Self.annotations(root)
        }
    }

    /// As images of distributions have it.
    private static var settings: ImageSettings {
        var settings = ImageSettings()
        settings.environment = ["PATH=\(RunEnvironment.path)"]
        settings.command = ["/bin/sh"]
        return settings
    }

    /// What the image was made of (OCI image specification, annotations.md). Where that lay on this machine is nobody's business.
    private static func annotations(_ base: StoredImage) -> [String: String] {
        var values = ["org.opencontainers.image.base.digest": base.digest.description]
        if case .registry(let reference) = base.source { values["org.opencontainers.image.base.name"] = reference }
        return values
    }

    /// The same of a tarball or an archive of packages, for which there are no words of OCI's.
    private static func annotations(_ root: RootRecord) -> [String: String]? {
        guard root.image == nil else { return nil }
        var values = ["mangrove.source": root.source]
        values["mangrove.source.digest"] = root.verified.digest
        return values.filter { !$0.value.isEmpty }
    }

    mutating func add(_ layer: Descriptor, diffID: Digest) {
        layers.append(layer)
        var rootfs = configuration["rootfs"] ?? .object([:])
        rootfs["diff_ids"] = .array((rootfs["diff_ids"]?.elements ?? []) + [.string(diffID.description)])
        configuration["rootfs"] = rootfs
        let step = ImageJSON.value(ImageConfiguration.History(created: created, createdBy: "mangrove export"))
        configuration["history"] = .array((configuration["history"]?.elements ?? []) + [step])
        configuration["created"] = .string(created)
        isUnchanged = false
    }

    /// With all of the base's layers; the manifest's descriptor.
    func write(to writer: LayoutWriter) throws(ImageError) -> Descriptor {
        for layer in base?.layers ?? [] { try writer.add(layer.descriptor, from: layer.path) }
        var descriptor: Descriptor
        if let base, isUnchanged {
            descriptor = try base.copyDocuments(to: writer)
            descriptor.platform = platform
            return descriptor
        }
        let config = try writer.add(ImageJSON.encode(configuration), mediaType: MediaType.configuration)
        let manifest = ImageManifest(config: config, layers: layers, annotations: annotations)
        descriptor = try writer.add(ImageJSON.encode(manifest), mediaType: MediaType.manifest)
        descriptor.platform = platform
        return descriptor
    }
}
