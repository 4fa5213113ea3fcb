// SPDX-License-Identifier: Apache-2.0

internal import Integrity

/// How to find a base tarball. It does nothing itself: the caller fetches `index`, verifies it as
/// `indexSignature` says, and hands its bytes to `resolve`.
package struct TarballDiscovery: Sendable {
    package let selection: BaseSelection
    package let source: TarballSource
    /// The same paths at each; without a slash at the end.
    package var mirrors: [String]
    /// A signature that no mirror has is done without.
    package var allowsUnsigned: Bool

    init(selection: BaseSelection, source: TarballSource, mirrors: [String]) {
        (self.selection, self.source, self.mirrors) = (selection, source, mirrors)
        allowsUnsigned = source.allowsUnsigned
    }

    /// What names the newest tarball; nil where there is nothing to look up.
    package var index: RemoteDocument? { source.index.map { document($0.path) } }

    /// How the index is signed; nil where it is not.
    package var indexSignature: BaseSignature? {
        switch source.signature {
        case .overIndex(let path): .overIndex(document(path), source.trust)
        case .clearsignedIndex: .clearsignedIndex(source.trust)
        case .overFile, .none: nil
        }
    }

    /// The tarball to fetch. `index`: the bytes of the index, of a clearsigned one the signed text.
    package func resolve(index bytes: [UInt8]?) throws(CatalogueError) -> ResolvedBase {
        let values = selection.variables(source.variables)
        let file = URLTemplate.expand(source.file, values)
        guard let index = source.index else {
            guard selection.pointRelease == nil else {
                throw CatalogueError(
                    .notOffered(reason: "\(selection.distro.title) publishes its newest base only"), selection.name)
            }
            return resolved(Candidate(file: file, version: nil, digest: nil, size: nil, release: nil))
        }
        let url = document(index.path).urls[0]
        let candidates: [Candidate]
        switch index.form {
        case .checksums: candidates = try ChecksumList(parsing: bytes ?? [], from: url).candidates(for: file)
        case .alpine:
            candidates = try AlpineIndex(parsing: bytes ?? [], from: url)
                .candidates(for: file, architecture: values["arch"] ?? "")
        }
        return resolved(try newest(candidates, in: url))
    }

    private func newest(_ candidates: [Candidate], in url: String) throws(CatalogueError) -> Candidate {
        let series = VersionNumber(selection.release.number)
        let fitting = candidates.filter { candidate in
            guard let version = candidate.version, let series else { return true }
            return version == series || version.isPointRelease(of: series)
        }
        guard let wanted = selection.pointRelease else {
            let newest = fitting.max { one, other in
                guard let left = one.version, let right = other.version else { return other.version != nil }
                return left < right
            }
            guard let newest else {
                throw CatalogueError(
                    .unusableDocument(reason: "it names no base for \(selection.name), \(selection.architecture)"), url)
            }
            return newest
        }
        guard let found = fitting.first(where: { $0.version == wanted }) else {
            let versions = fitting.compactMap(\.version).sorted().map(\.text)
            let there = versions.isEmpty ? "none" : versions.joined(separator: ", ")
            throw CatalogueError(
                .notOffered(reason: "old point releases are deleted; there is now: \(there)"), selection.name)
        }
        return found
    }

    private func resolved(_ candidate: Candidate) -> ResolvedBase {
        let signature: BaseSignature =
            if let reason = candidate.version.flatMap({ source.unsigned[$0.text] }) {
                .none(reason: reason)
            } else {
                switch source.signature {
                case .overFile(let path): .overFile(document(path, candidate), source.trust)
                case .overIndex(let path): .overIndex(document(path, candidate), source.trust)
                case .clearsignedIndex: .clearsignedIndex(source.trust)
                case .none(let reason): .none(reason: reason)
                }
            }
        return ResolvedBase(
            selection: selection, release: candidate.release ?? selection.release.number,
            version: candidate.version?.text ?? selection.release.number, fileName: candidate.file,
            urls: document(source.path, candidate).urls, size: candidate.size, digest: candidate.digest,
            signature: signature)
    }

    private func document(_ path: String, _ candidate: Candidate? = nil) -> RemoteDocument {
        var values = selection.variables(source.variables)
        values["file"] = candidate?.file ?? URLTemplate.expand(source.file, values)
        values["version"] = candidate?.version?.text
        let path = URLTemplate.expand(path, values)
        return RemoteDocument(urls: mirrors.map { "\($0)/\(path)" })
    }
}

/// A tarball that an index names.
struct Candidate: Equatable {
    let file: String
    /// Nil where its name holds none.
    let version: VersionNumber?
    let digest: Digest?
    /// In bytes.
    let size: Int64?
    /// The release it belongs to, where the index says that.
    let release: String?
}
