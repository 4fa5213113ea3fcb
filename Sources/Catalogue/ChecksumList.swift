// SPDX-License-Identifier: Apache-2.0

package import Integrity

/// A list of files and their digests: `HEX *FILE` as sha256sum(1) writes it, or BSD's `SHA256 (FILE) = HEX`.
package struct ChecksumList: Sendable {
    package let entries: [(file: String, digest: Digest)]

    /// Lines of another form are passed over. Throws where no line is left: an error page is no list.
    package init(parsing bytes: [UInt8], from url: String) throws(CatalogueError) {
        entries = bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D })
            .compactMap { Self.entry(String(decoding: $0, as: UTF8.self)) }
        if entries.isEmpty { throw CatalogueError(.unusableDocument(reason: "it has no checksums"), url) }
    }

    private static func entry(_ line: String) -> (file: String, digest: Digest)? {
        if let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")"), open < close,
            line[close...].hasPrefix(") = "), let digest = Digest(hex: line[close...].dropFirst(4))
        {
            return named(line[line.index(after: open)..<close], digest)
        }
        let fields = line.split(separator: " ", maxSplits: 1)
        guard let hex = fields.first, let digest = Digest(hex: hex) else { return nil }
        let name = fields.count == 2 ? fields[1].drop { $0 == " " } : ""
        return named(name.hasPrefix("*") ? name.dropFirst() : name, digest)
    }

    private static func named(_ name: Substring, _ digest: Digest) -> (file: String, digest: Digest)? {
        // The list is that of one directory.
        let name = name.hasPrefix("./") ? name.dropFirst(2) : name
        return name.contains("/") ? nil : (String(name), digest)
    }

    /// The files of the form of `file`. Without a version in it: the file itself, or the only one listed, as a
    /// `.sha256` beside a file may call that by another name.
    func candidates(for file: String) -> [Candidate] {
        guard URLTemplate.names(in: file).contains("version") else {
            let found = entries.first { $0.file == file } ?? (entries.count == 1 ? entries.first : nil)
            return found.map { [Candidate(file: file, version: nil, digest: $0.digest, size: nil, release: nil)] } ?? []
        }
        return entries.compactMap { entry in
            guard let version = URLTemplate.version(in: entry.file, of: file) else { return nil }
            return Candidate(file: entry.file, version: version, digest: entry.digest, size: nil, release: nil)
        }
    }
}
