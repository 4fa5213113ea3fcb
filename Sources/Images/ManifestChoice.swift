// SPDX-License-Identifier: Apache-2.0

internal import Architectures

/// What a registry has under a name: one manifest, or an index of several.
struct ManifestChoice {
    struct Candidate {
        let digest: String
        let platform: Descriptor.Platform?
        /// Where it is at hand already.
        let contents: [UInt8]?
    }

    private let all: [Candidate]
    private let isIndex: Bool
    private let image: String

    /// `bytes`, the document, and its `digest`. Throws where it is none that mangrove knows.
    init(_ bytes: [UInt8], digest: String, image: String) throws(ImageError) {
        self.image = image
        struct Header: Decodable {
            let schemaVersion: Int
            let mediaType: String?
            let manifests: [Descriptor]?
            let config: Descriptor?
        }
        guard let header: Header = ImageJSON.decode(bytes) else {
            throw ImageError(.damaged("its manifest does not follow the specification"), image)
        }
        guard header.schemaVersion == 2 else {
            throw ImageError(.unsupported("expected a manifest of version 2, found \(header.schemaVersion)"), image)
        }
        if let manifests = header.manifests, header.mediaType == nil || MediaType.isIndex(header.mediaType) {
            isIndex = true
            all = manifests.map { Candidate(digest: $0.digest, platform: $0.platform, contents: nil) }
        } else if header.config != nil, header.mediaType == nil || MediaType.isManifest(header.mediaType) {
            isIndex = false
            all = [Candidate(digest: digest, platform: nil, contents: bytes)]
        } else {
            throw ImageError(
                .unsupported("unsupported manifest type \(header.mediaType ?? "(none)")"), image)
        }
    }

    /// Those that may be for `architecture`.
    func candidates(_ architecture: Architecture) -> [Candidate] {
        guard isIndex else { return all }
        let wanted = architecture.platform
        return all.filter { $0.platform?.os == wanted.os && $0.platform?.architecture == wanted.architecture }
    }

    func requireOffered(_ architecture: Architecture) throws(ImageError) {
        guard candidates(architecture).isEmpty else { return }
        // Attestations are for the architecture "unknown".
        let offered = all.compactMap(\.platform).filter { $0.architecture != "unknown" }
            .map { $0.architecture + ($0.variant.map { "/\($0)" } ?? "") }
        throw ImageError(.noSuchArchitecture(architecture.rawValue, offered: Set(offered).sorted()), image)
    }
}
