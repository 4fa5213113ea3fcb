// SPDX-License-Identifier: Apache-2.0

/// A source package: a paragraph of an archive's `Sources`, or a `.dsc` (dsc(5)).
package struct SourcePackage: Sendable {
    package struct File: Hashable, Sendable {
        package let name: String
        /// In bytes.
        package let size: Int64
        /// In hexadecimal, lower case.
        package let sha256: String
    }

    package let name: String
    package let version: PackageVersion
    package let fields: Stanza
    package let files: [File]

    /// `file` is what messages call it.
    package init(_ fields: Stanza, file: String) throws(PackageArchiveError) {
        guard let name = fields["Source"] ?? fields["Package"], let version = fields["Version"] else {
            throw .malformed(file, "a source package has no name or version")
        }
        var files: [File] = []
        for line in (fields["Checksums-Sha256"] ?? "").split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count == 3, words[0].utf8.count == 64, words[0].allSatisfy(\.isHexDigit),
                let size = Int64(words[1]), size >= 0, !words[2].contains("/"), !words[2].hasPrefix(".")
            else { throw .malformed(file, "\(name): invalid line under Checksums-Sha256") }
            files.append(File(name: String(words[2]), size: size, sha256: words[0].lowercased()))
        }
        guard !files.isEmpty else { throw .malformed(file, "\(name) has no Checksums-Sha256") }
        (self.name, self.version, self.fields, self.files) = (name, PackageVersion(version), fields, files)
    }

    /// Reads a `.dsc`, a signature around which is taken off and not looked at.
    package init(description text: String, file: String) throws(PackageArchiveError) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if let begin = lines.firstIndex(of: "-----BEGIN PGP SIGNED MESSAGE-----") {
            // After the armor's own header (RFC 9580, section 7).
            lines = Array(lines[(begin + 1)...].drop { !$0.isEmpty }.dropFirst())
            lines = Array(lines.prefix { !$0.hasPrefix("-----BEGIN PGP SIGNATURE-----") })
        }
        guard let stanza = try Stanza.parse(lines.joined(separator: "\n"), file: file).first else {
            throw .malformed(file, "it is empty")
        }
        try self.init(stanza, file: file)
    }

    /// The name of its `.dsc`.
    package var descriptionName: String {
        files.first { $0.name.hasSuffix(".dsc") }?.name ?? "\(name)_\(version.withoutEpoch).dsc"
    }

    /// What dpkg-source(1) unpacks it to.
    package var directoryName: String { Self.directoryName(name, version, format: fields["Format"] ?? "3.0 (quilt)") }

    package static func directoryName(_ name: String, _ version: PackageVersion, format: String) -> String {
        let whole = version.withoutEpoch
        let upstream =
            format.contains("native") ? whole : whole.lastIndex(of: "-").map { String(whole[..<$0]) } ?? whole
        return "\(name)-\(upstream)"
    }

    /// A `.dsc` with those of its files that are in `kept`: for archives that have lost the original one. Its contents
    /// were signed with the archive's index.
    package func description(of kept: Set<String>) -> String {
        let left = ["Directory", "Priority", "Section", "Package", "Source"]
        var lines = ["Source: \(name)"]
        for field in fields.fields where !left.contains(field.name) {
            let isList = field.name == "Files" || field.name.hasPrefix("Checksums-")
            let values = field.value.split(separator: "\n").filter { line in
                !isList || line.split(whereSeparator: \.isWhitespace).last.map { kept.contains(String($0)) } ?? false
            }
            lines.append("\(field.name):\(isList ? "\n " : " ")\(values.joined(separator: "\n "))")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension PackageVersion {
    /// As it is in names of files.
    package var withoutEpoch: String {
        text.firstIndex(of: ":").map { String(text[text.index(after: $0)...]) } ?? text
    }
}
