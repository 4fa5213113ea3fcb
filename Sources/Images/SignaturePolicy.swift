// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
internal import SystemPackage

/// The requirements of containers-policy.json(5) for an image. skopeo(1) enforces them; this is for the record.
package struct SignaturePolicy: Equatable, Sendable {
    /// The types of all requirements that were met: `insecureAcceptAnything`, `signedBy`, `sigstoreSigned`.
    package let requirements: [String]

    /// Whether a good signature by a key of the user's choice was needed.
    package var requiresSignature: Bool { requirements.contains { $0 == "signedBy" || $0 == "sigstoreSigned" } }

    private struct Requirement: Decodable { let type: String }

    private struct Document: Decodable {
        let `default`: [Requirement]
        let transports: [String: [String: [Requirement]]]?
    }

    /// The user's own file, else the system's; nil where there is none that can be read.
    static func bytes(home: FilePath?) -> [UInt8]? {
        let own = home.map { $0.appending(".config/containers/policy.json") }
        return [own, "/etc/containers/policy.json"].compactMap { $0 }.lazy
            .compactMap { try? $0.readFile(limit: 4 << 20) }.first
    }

    /// What the policy that there is asks of `source`; nil where there is none.
    init?(home: FilePath?, for source: ImageSource) {
        guard let bytes = Self.bytes(home: home) else { return nil }
        self.init(bytes, for: source)
    }

    /// What `policy` asks of `source`; nil where it is no such policy.
    init?(_ policy: [UInt8], for source: ImageSource) {
        guard let document: Document = ImageJSON.decode(policy) else { return nil }
        let (transport, scopes) = source.policyScopes
        let known = document.transports?[transport] ?? [:]
        let found = (scopes + [""]).lazy.compactMap { known[$0] }.first ?? document.default
        requirements = found.map(\.type)
    }
}

extension ImageSource {
    /// The transport under whose name the policy is, and what it may name, the narrowest first.
    fileprivate var policyScopes: (transport: String, scopes: [String]) {
        switch self {
        case .registry(let reference): ("docker", Self.scopes(of: Self.normalized(reference)))
        case .layout(let path, let tag):
            Self.layoutScopes((try? path.resolved()) ?? path, tag)
        // Nothing but the transport's default can be said of these.
        case .dockerArchive: ("docker-archive", [])
        }
    }

    /// Links on the way are followed, as containers-image does it.
    private static func layoutScopes(_ path: FilePath, _ tag: String?) -> (transport: String, scopes: [String]) {
        ("oci", (tag.map { ["\(path):\($0)"] } ?? []) + scopes(of: path))
    }

    /// With Docker's host and namespace where they are left out, and `latest` where tag and digest are.
    static func normalized(_ reference: String) -> String {
        let parts = reference.split(separator: "/", maxSplits: 1).map(String.init)
        let hasHost =
            parts.count == 2 && (parts[0].contains(".") || parts[0].contains(":") || parts[0] == "localhost")
        var name = hasHost ? reference : "docker.io/\(reference)"
        let path = name.dropFirst("docker.io/".count)
        if name.hasPrefix("docker.io/"), !path.contains("/") { name = "docker.io/library/\(path)" }
        return repository(of: name) == name ? "\(name):latest" : name
    }

    /// The reference, its repository, the namespaces above it, its host, and that one's wildcards.
    private static func scopes(of reference: String) -> [String] {
        var scopes = [reference]
        var name = repository(of: reference)
        scopes.append(name)
        while let slash = name.lastIndex(of: "/") {
            name = String(name[..<slash])
            scopes.append(name)
        }
        var host = Substring(name.prefix { $0 != ":" })
        while let dot = host.firstIndex(of: ".") {
            host = host[host.index(after: dot)...]
            scopes.append("*.\(host)")
        }
        return scopes
    }

    private static func scopes(of path: FilePath) -> [String] {
        var scopes: [String] = []
        var path = path
        while path.lastComponent != nil {
            scopes.append(path.string)
            path.removeLastComponent()
        }
        return scopes
    }
}
