// SPDX-License-Identifier: Apache-2.0

internal import PackageArchive

/// `Build-Depends` and its kind (deb-src-control(5)): what is needed for building all binary packages.
enum BuildDependencies {
    /// One dependency each, alternatives included: `debhelper-compat (= 13)`, `default-mta | mail-transport-agent`.
    /// `architecture` is Debian's name of the root's, `profiles` are active (<https://wiki.debian.org/BuildProfileSpec>).
    static func parse(
        _ source: Stanza, architecture: String, profiles: Set<String>
    ) -> [String] {
        ["Build-Depends", "Build-Depends-Arch", "Build-Depends-Indep"].flatMap { field in
            (source[field] ?? "").split(separator: ",").compactMap { group in
                let alternatives = group.split(separator: "|").compactMap {
                    relation($0, architecture: architecture, profiles: profiles)
                }
                return alternatives.isEmpty ? nil : alternatives.joined(separator: " | ")
            }
        }
    }

    /// Without restrictions; nil where these exclude it.
    private static func relation(
        _ text: Substring, architecture: String, profiles: Set<String>
    ) -> String? {
        var plain = ""
        var restrictions: [(kind: Character, words: [Substring])] = []
        var rest = text.split(whereSeparator: \.isNewline).joined(separator: " ")[...]
        while let character = rest.first {
            // Within parentheses a "<" belongs to a version.
            if character == "(" {
                let end = rest.firstIndex(of: ")").map { rest.index(after: $0) } ?? rest.endIndex
                plain += rest[..<end]
                rest = rest[end...]
            } else if character == "[" || character == "<" {
                let closing: Character = character == "[" ? "]" : ">"
                let end = rest.firstIndex(of: closing) ?? rest.endIndex
                restrictions.append((character, rest[..<end].dropFirst().split(whereSeparator: \.isWhitespace)))
                rest = rest[end...].dropFirst()
            } else {
                plain.append(character)
                rest = rest.dropFirst()
            }
        }
        for (_, words) in restrictions.filter({ $0.kind == "[" }) {
            let isNegated = words.first?.hasPrefix("!") ?? false
            let isNamed = words.contains { matches($0.drop { $0 == "!" }, architecture) }
            if isNamed == isNegated { return nil }
        }
        let formulas = restrictions.filter { $0.kind == "<" }
        guard
            formulas.isEmpty
                || formulas.contains(where: { _, words in
                    words.allSatisfy { word in
                        word.hasPrefix("!") != profiles.contains(String(word.drop { $0 == "!" }))
                    }
                })
        else { return nil }
        let words = plain.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.isEmpty || words.hasPrefix("$") ? nil : words
    }

    /// Architecture wildcards (dpkg-architecture(1)): `any`, `linux-any`, `any-arm64`.
    private static func matches(_ pattern: Substring, _ architecture: String) -> Bool {
        let cpu = architecture == "armhf" || architecture == "armel" ? "arm" : architecture
        return [architecture, "any", "linux-any", "any-\(cpu)", "linux-\(cpu)", "gnu-linux-any", "gnu-any-\(cpu)"]
            .contains(String(pattern))
    }
}
