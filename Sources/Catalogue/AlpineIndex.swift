// SPDX-License-Identifier: Apache-2.0

internal import Integrity

/// Alpine's `latest-releases.yaml`: a list of images, each a map.
struct AlpineIndex {
    private let images: [[String: YAMLValue]]
    private let url: String

    init(parsing bytes: [UInt8], from url: String) throws(CatalogueError) {
        let document = try YAMLValue.parse(bytes, from: url)
        guard case .sequence(let items) = document else {
            throw CatalogueError(.unusableDocument(reason: "not a list of releases"), url)
        }
        images = items.compactMap { if case .mapping(let image) = $0 { image } else { nil } }
        self.url = url
    }

    /// The root file systems for Alpine's `architecture` whose names have the form of `file`.
    func candidates(for file: String, architecture: String) throws(CatalogueError) -> [Candidate] {
        var found: [Candidate] = []
        for image in images where image["flavor"]?.text == "alpine-minirootfs" && image["arch"]?.text == architecture {
            guard let name = image["file"]?.text, let version = URLTemplate.version(in: name, of: file),
                version.text == image["version"]?.text, let hex = image["sha256"]?.text ?? image["sha512"]?.text,
                let digest = Digest(hex: hex)
            else {
                let name = image["file"]?.text ?? "an image without a file"
                throw CatalogueError(.unusableDocument(reason: "its file, version and digest do not fit: \(name)"), url)
            }
            let branch = image["branch"]?.text.map { $0.hasPrefix("v") ? String($0.dropFirst()) : $0 }
            found.append(
                Candidate(
                    file: name, version: version, digest: digest, size: image["size"]?.text.flatMap { Int64($0) },
                    release: branch))
        }
        return found
    }
}
