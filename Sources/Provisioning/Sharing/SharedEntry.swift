// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import Images
internal import SystemPackage

/// An entry of a cache that another machine can use unchanged.
package struct SharedEntry: Hashable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// A tools tree.
        case tools
        /// A root that builds and runs of images are made in.
        case layer
    }

    package let kind: Kind
    /// In its store.
    package let name: RootName

    package init(_ kind: Kind, _ name: RootName) { (self.kind, self.name) = (kind, name) }

    /// The tools tree for such roots.
    init(_ subject: ToolsTrees.Subject) throws(ProvisioningError) { self.init(.tools, try subject.name) }

    func store(in cache: Cache) -> RootStore { kind == .tools ? ToolsTrees(cache).store : cache.layers }

    /// Its tag's prefix in a registry (OCI distribution specification: up to 128 letters, digits, `.`, `_` and `-`).
    private static func prefix(_ kind: Kind) -> String { "\(kind.rawValue)-" }

    /// Tools trees are of a host's architecture, and of one edition of mangrove only.
    private static func suffix(_ kind: Kind) -> String {
        guard kind == .tools else { return "" }
        return "-\(Architecture.host)-\(Eligibility.edition)"
    }

    /// Those that came after the first are the same to others.
    fileprivate var title: String {
        guard kind == .tools else { return name.description }
        return ToolsTrees.subjectName(of: name)
    }

    /// What it is called in a repository.
    package var tag: String { Self.prefix(kind) + title + Self.suffix(kind) }

    /// What a tag that this program can use names.
    init?(tag: String) {
        for kind in Kind.allCases where tag.hasPrefix(Self.prefix(kind)) && tag.hasSuffix(Self.suffix(kind)) {
            let text = tag.dropFirst(Self.prefix(kind).count).dropLast(Self.suffix(kind).count)
            guard let name = try? RootName(String(text)) else { return nil }
            self.init(kind, name)
            return
        }
        return nil
    }

    /// Files beside its tree that belong to it; `*` stands for anything.
    static let files = [
        RootStore.record.string, "programs.json", "added", "agreement-*.json", "compiled.json", "compiled-*",
        "origin.json", "contents",
        LockFile.name.string, RootStore.tree.string,
    ]
}

extension SharedEntry: CustomStringConvertible {
    package var description: String { kind == .tools ? "tools tree \(title)" : "layer \(name)" }
}

/// The description of an artifact in a registry.
struct SharedDocument: Codable, Equatable {
    private let version: Int
    private let kind: SharedEntry.Kind
    private let name: String
    /// Of mangrove, where it matters.
    private let edition: String?

    init(_ entry: SharedEntry) {
        (version, kind, name) = (1, entry.kind, entry.title)
        edition = entry.kind == .tools ? Eligibility.edition : nil
    }

    /// Whether `bytes`, of an artifact, say the same.
    func isSaid(by bytes: [UInt8]) -> Bool { ImageJSON.decode(bytes) == self }
}
