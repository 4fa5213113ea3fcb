// SPDX-License-Identifier: Apache-2.0

/// One paragraph of a control file (deb822(5)): fields in order, names without regard to case.
package struct Stanza: Sendable {
    package struct Field: Sendable {
        package let name: String
        /// Without white space at the ends; the lines of a folded or multi-line field are kept apart by newlines, each
        /// without its first space.
        package let value: String
    }

    package let fields: [Field]

    package subscript(_ name: String) -> String? {
        fields.first { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The words of a field; none where it is missing.
    package func words(_ name: String) -> [String] {
        (self[name] ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// All paragraphs of `text`; lines that begin with `#` are comments. `file` is what messages call it.
    package static func parse(_ text: some StringProtocol, file: String) throws(PackageArchiveError) -> [Stanza] {
        var stanzas: [Stanza] = []
        var fields: [Field] = []
        var lines: [String] = []
        var name: String?
        func finishField() {
            if let name { fields.append(Field(name: name, value: joined(lines))) }
            name = nil
            lines = []
        }
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            if line.hasPrefix("#") { continue }
            if line.allSatisfy(\.isWhitespace) {
                finishField()
                if !fields.isEmpty { stanzas.append(Stanza(fields: fields)) }
                fields = []
            } else if line.first == " " || line.first == "\t" {
                guard name != nil else {
                    throw .malformed(file, "line \(number) continues no field")
                }
                lines.append(String(line.dropFirst()))
            } else {
                finishField()
                guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
                    throw .malformed(file, "line \(number) is not a field: \"\(line.prefix(60))\"")
                }
                name = String(line[..<colon])
                lines = [String(line[line.index(after: colon)...])]
            }
        }
        finishField()
        if !fields.isEmpty { stanzas.append(Stanza(fields: fields)) }
        return stanzas
    }

    private static func joined(_ lines: [String]) -> String {
        let joined = lines.joined(separator: "\n")
        let start = joined.drop(while: \.isWhitespace)
        return String(
            start[..<(start.lastIndex { !$0.isWhitespace }.map { start.index(after: $0) } ?? start.startIndex)])
    }
}
