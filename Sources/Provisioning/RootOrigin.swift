// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
package import PackageArchive
internal import SystemPackage

/// What a root was made from, as far as a refresh needs it: `roots/NAME/origin.json`, separate from the record, which
/// every run reads.
package struct RootOrigin: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// A base tarball that the distro publishes.
        case tarball
        /// A package archive.
        case archive
        /// A tarball of the user's own.
        case file
        /// A directory of the user's own.
        case directory
        /// A container image.
        case image
    }

    /// A document that announces updates: a list of tarballs, or a suite's Release file.
    package struct Index: Codable, Equatable, Sendable {
        /// The suite's; of the list of tarballs `tarball`.
        package var name: String
        package var url: String
        /// Of its bytes, which were verified.
        package var sha256: String
        /// Seconds since 1970, as the document itself says.
        package var date: Int64?

        static let tarball = "tarball"
    }

    package var kind: Kind
    /// The mirror that the user named.
    package var mirror: String?
    /// The file of keys that the user named.
    package var keyring: String?
    /// Of one made from an archive.
    package var variant: Variant?
    /// A requested point release: it is never updated.
    package var pointRelease: String?
    package var indices: [Index] = []
    /// Suites that had nothing for the architecture.
    package var absent: [String] = []
    /// The packages it had when it was complete: versions by name.
    package var installed: [String: String] = [:]

    /// What a generation that was rolled back from was made from: it is not made again.
    package var rejected: Rejected?

    package struct Rejected: Codable, Equatable, Sendable {
        package let generation: Int
        package let indices: [Index]
    }

    init(_ kind: Kind) { self.kind = kind }

    /// That of a root which an earlier mangrove made.
    init(guessing record: RootRecord) {
        let isArchive = record.source.contains("://") && record.source.contains(" ")
        self.init(isArchive ? .archive : record.verified.urls.count > 1 ? .tarball : .file)
    }

    static let file: FilePath.Component = "origin.json"

    /// nil where there is none, as beside roots that an earlier mangrove made.
    static func read(in directory: FilePath) -> RootOrigin? {
        guard let bytes = try? directory.appending(file).readFile(limit: 16 << 20) else { return nil }
        return try? JSONDecoder().decode(RootOrigin.self, from: Data(bytes))
    }

    func write(in directory: FilePath) throws(FilesystemError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = (try? encoder.encode(self)) ?? Data()
        try AtomicFile.write(Array(data), to: directory.appending(Self.file))
    }

    /// That of what is made from `archive`.
    init(_ archive: ResolvedArchive) {
        self.init(.archive)
        variant = archive.plan.variant
        indices = archive.plan.suites.map { Index($0) }
        absent = archive.leftOut.map(\.suite)
    }

    func index(_ name: String) -> Index? { indices.first { $0.name == name } }
}

extension RootOrigin.Index {
    init(_ suite: BootstrapPlan.Suite) {
        self.init(name: suite.name, url: suite.url, sha256: suite.sha256 ?? "", date: suite.date)
    }
}

extension RootOrigin.Rejected {
    /// Whether `plan` would make the rejected generation again.
    func covers(_ plan: RefreshFinding.Plan) -> Bool {
        switch plan {
        case .nothing, .held: false
        case .base(let base): isSame(base.origin?.indices ?? [])
        case .packages(_, _, let indices, _), .upgrade(_, let indices): isSame(indices)
        }
    }

    private func isSame(_ other: [RootOrigin.Index]) -> Bool {
        !other.isEmpty && Set(other.map(\.sha256)) == Set(indices.map(\.sha256))
    }
}
