// SPDX-License-Identifier: Apache-2.0

/// An index entry for one version of a package: what selecting and fetching need.
package struct PackageRecord: Sendable {
    package let name: String
    package let version: PackageVersion
    package let architecture: String
    package let isEssential: Bool
    package let priority: Priority
    /// The value of `Multi-Arch`; `no` where it is missing.
    package let multiArch: String
    package let dependencies: [Dependency]
    package let provides: [Relation]
    /// `Conflicts` and `Breaks`: may not be configured beside it.
    package let conflicts: [Relation]
    package let replaces: [Relation]
    /// The path of the .deb under the archive.
    package let filename: String
    package let size: Int64
    /// SHA-256 in hexadecimal, lower case.
    package let sha256: String
    /// Which of the archive's suites it is from, as an index into those asked for.
    package let suite: Int

    package enum Priority: String, CaseIterable, Comparable, Sendable {
        case required, important, standard, optional, extra

        package static func < (one: Priority, other: Priority) -> Bool {
            (allCases.firstIndex(of: one) ?? 0) < (allCases.firstIndex(of: other) ?? 0)
        }
    }

    package var conflictNames: String { conflicts.map(\.description).joined(separator: ", ") }
}

extension PackageRecord {
    /// `file` is what messages call the index that `bytes`, one paragraph, is from.
    init(parsing bytes: some Collection<UInt8>, suite: Int, file: String) throws(PackageArchiveError) {
        guard let stanza = try Stanza.parse(String(decoding: bytes, as: UTF8.self), file: file).first,
            let name = stanza["Package"], Self.isName(name)
        else { throw .malformed(file, "a paragraph names no package") }
        func field(_ field: String) throws(PackageArchiveError) -> String {
            guard let value = stanza[field], !value.isEmpty else { throw .malformed(file, "\(name) has no \(field)") }
            return value
        }
        func relations(_ field: String) -> [Relation] {
            Relation.groups(stanza[field] ?? "").flatMap { $0 }
        }
        self.name = name
        self.suite = suite
        version = PackageVersion(try field("Version"))
        architecture = try field("Architecture")
        isEssential = stanza["Essential"] == "yes"
        priority = stanza["Priority"].flatMap(Priority.init) ?? .optional
        multiArch = stanza["Multi-Arch"] ?? "no"
        dependencies =
            Relation.groups(stanza["Pre-Depends"] ?? "").map { Dependency(alternatives: $0, isEarly: true) }
            + Relation.groups(stanza["Depends"] ?? "").map { Dependency(alternatives: $0, isEarly: false) }
        provides = relations("Provides")
        conflicts = relations("Conflicts") + relations("Breaks")
        replaces = relations("Replaces")
        filename = try field("Filename")
        guard !filename.hasPrefix("/"), !filename.split(separator: "/").contains("..") else {
            throw .malformed(file, "invalid path of \(name): \(filename)")
        }
        guard let size = Int64(try field("Size")), size > 0 else {
            throw .malformed(file, "the size of \(name) is not a number")
        }
        self.size = size
        sha256 = try field("SHA256").lowercased()
        guard sha256.utf8.count == 64, sha256.allSatisfy(\.isHexDigit) else {
            throw .malformed(file, "the SHA256 of \(name) is not a digest")
        }
    }

    /// Package names are part of file names in the root.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, first.isLetterOrDigit else { return false }
        return name.utf8.allSatisfy { $0.isLetterOrDigit || "+-.".utf8.contains($0) }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
