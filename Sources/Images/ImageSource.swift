// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// The location of a container image, in the notation of `create` and `export`. The transports are those of
/// containers-image (containers-transports(5)), with names that do not look like distros.
package enum ImageSource: Hashable, Sendable {
    /// In a registry, as docker and podman name it: `debian`, `arm64v8/debian:12`, `localhost:5000/a/b@sha256:…`.
    case registry(String)
    /// A directory in the OCI image layout; a tag where several images are in it.
    case layout(FilePath, tag: String?)
    /// What `docker save` writes; a reference where several images are in it.
    case dockerArchive(FilePath, reference: String?)

    private static let registryPrefix = "oci:"
    private static let layoutPrefix = "oci-layout:"
    private static let archivePrefix = "docker-archive:"

    /// Whether `text` is meant to name an image.
    package static func isMeant(by text: String) -> Bool {
        [registryPrefix, layoutPrefix, archivePrefix].contains { text.hasPrefix($0) }
    }

    /// nil if `text` names something else. Throws if the part after the transport is invalid. A relative path is
    /// resolved against `directory`.
    package init?(_ text: String, relativeTo directory: FilePath) throws(ImageError) {
        if let reference = text.dropping(Self.registryPrefix) {
            guard Self.isReference(reference) else { throw ImageError(.badName(text), text) }
            self = .registry(reference)
        } else if let rest = text.dropping(Self.layoutPrefix) {
            let (path, tag) = try Self.split(rest, of: text)
            self = .layout(directory.pushing(path), tag: tag)
        } else if let rest = text.dropping(Self.archivePrefix) {
            let (path, reference) = try Self.split(rest, of: text)
            self = .dockerArchive(directory.pushing(path), reference: reference)
        } else {
            return nil
        }
    }

    /// A path ends at its first colon, as in containers-transports(5).
    private static func split(_ text: String, of whole: String) throws(ImageError) -> (FilePath, String?) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let path = parts.first, !path.isEmpty, parts.count == 1 || isReference(parts[1]) else {
            throw ImageError(.badName(whole), whole)
        }
        return (FilePath(path), parts.count == 2 ? parts[1] : nil)
    }

    /// Letters, digits and separators. skopeo(1) reports other errors; here nothing must pass for an option or another
    /// transport.
    fileprivate static func isReference(_ text: String) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first), !text.hasSuffix("/"), !text.hasSuffix(":") else {
            return false
        }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "._-/:@+".utf8.contains($0) } && !text.contains("//")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// As containers-image names it.
    var transportName: String {
        switch self {
        case .registry(let reference): "docker://\(reference)"
        case .layout(let path, let tag): "oci:\(path)" + (tag.map { ":\($0)" } ?? "")
        case .dockerArchive(let path, let reference): "docker-archive:\(path)" + (reference.map { ":\($0)" } ?? "")
        }
    }

    /// Where it is on this machine; nil: in a registry.
    package var path: FilePath? {
        switch self {
        case .registry: nil
        case .layout(let path, _), .dockerArchive(let path, _): path
        }
    }

    /// The digest that a reference in a registry ends in, which says what is there once and for all.
    package var pinnedDigest: String? {
        guard case .registry(let reference) = self, let at = reference.lastIndex(of: "@") else { return nil }
        return String(reference[reference.index(after: at)...])
    }

    /// The same repository's image of that digest; nil where it is in no registry.
    package func pinned(to digest: String) -> ImageSource? {
        guard case .registry(let reference) = self else { return nil }
        return .registry("\(Self.repository(of: reference))@\(digest)")
    }

    /// The same repository's image of that tag; nil where it is in no registry.
    package func tagged(_ tag: String) -> ImageSource? {
        guard case .registry(let reference) = self else { return nil }
        return .registry("\(Self.repository(of: reference)):\(tag)")
    }

    /// `reference` without its tag or digest. The colon before a port has a slash behind it.
    static func repository(of reference: String) -> String {
        let bare = reference.prefix { $0 != "@" }
        guard let colon = bare.lastIndex(of: ":"), !bare[colon...].contains("/") else { return String(bare) }
        return String(bare[..<colon])
    }
}

extension ImageSource: CustomStringConvertible {
    /// As the user wrote it, with an absolute path.
    package var description: String {
        switch self {
        case .registry(let reference): Self.registryPrefix + reference
        case .layout(let path, let tag): "\(Self.layoutPrefix)\(path)" + (tag.map { ":\($0)" } ?? "")
        case .dockerArchive(let path, let reference):
            "\(Self.archivePrefix)\(path)" + (reference.map { ":\($0)" } ?? "")
        }
    }
}

extension String {
    fileprivate func dropping(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
