// SPDX-License-Identifier: Apache-2.0

/// A binary archive as sources.list(5) names it, in either form.
package struct AptSource: Equatable, Sendable {
    package var uris: [String]
    package var suites: [String]
    package var components: [String]
    /// Those it is meant for; empty where nothing is said.
    package var architectures: [String] = []
    /// Paths of keyrings. A key that is written into the source itself is left out.
    package var signedBy: [String] = []
    /// `Check-Valid-Until`; nil where nothing is said.
    package var checksValidUntil: Bool?
    /// `Snapshot`: the moment of the archive, `20260901T000000Z`, or a word that turns the choice over to apt's command
    /// line; nil where nothing is said.
    package var snapshot: String?

    package init(uris: [String], suites: [String], components: [String]) {
        (self.uris, self.suites, self.components) = (uris, suites, components)
    }

    /// The enabled `deb` entries of a deb822 file (`*.sources`).
    package static func parse(sources text: String, file: String) throws(PackageArchiveError) -> [AptSource] {
        var found: [AptSource] = []
        for stanza in try Stanza.parse(text, file: file) {
            guard stanza.words("Types").contains("deb"), isTrue(stanza["Enabled"]) != false else { continue }
            var source = AptSource(
                uris: stanza.words("URIs"), suites: stanza.words("Suites"), components: stanza.words("Components"))
            source.architectures = stanza.words("Architectures")
            source.signedBy = (stanza["Signed-By"] ?? "").contains("BEGIN PGP") ? [] : stanza.words("Signed-By")
            source.checksValidUntil = isTrue(stanza["Check-Valid-Until"])
            source.snapshot = stanza["Snapshot"]
            found.append(source)
        }
        return found
    }

    /// Those of a file of `sources.list.d`, by its name; none where apt would not read it either.
    package static func parse(_ text: String, named name: String) -> [AptSource] {
        if name.hasSuffix(".list") { return parse(list: text) }
        return name.hasSuffix(".sources") ? (try? parse(sources: text, file: name)) ?? [] : []
    }

    /// The `deb` lines of a one-line file (`sources.list`, `*.list`). Lines that make no sense are passed over: apt
    /// itself will have said so.
    package static func parse(list text: String) -> [AptSource] {
        text.split(separator: "\n").compactMap { line in
            let line = line.prefix { $0 != "#" }.drop(while: \.isWhitespace)
            guard line.hasPrefix("deb"), let after = line.dropFirst(3).first, after.isWhitespace || after == "[" else {
                return nil
            }
            var rest = line.dropFirst(3).drop(while: \.isWhitespace)
            var options: [String: [String]] = [:]
            if rest.first == "[" {
                guard let end = rest.firstIndex(of: "]") else { return nil }
                for option in rest[rest.index(after: rest.startIndex)..<end].split(whereSeparator: \.isWhitespace) {
                    let parts = option.split(separator: "=", maxSplits: 1)
                    guard parts.count == 2 else { continue }
                    options[parts[0].lowercased()] = parts[1].split(separator: ",").map(String.init)
                }
                rest = rest[rest.index(after: end)...]
            }
            let words = rest.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count >= 2 else { return nil }
            var source = AptSource(uris: [words[0]], suites: [words[1]], components: Array(words.dropFirst(2)))
            source.architectures = options["arch"] ?? []
            source.signedBy = options["signed-by"] ?? []
            source.checksValidUntil = isTrue(options["check-valid-until"]?.first)
            source.snapshot = options["snapshot"]?.first
            return source
        }
    }

    private static func isTrue(_ value: String?) -> Bool? {
        switch value?.lowercased() {
        case "yes", "true", "on", "1", "with", "enable": true
        case "no", "false", "off", "0", "without", "disable": false
        default: nil
        }
    }
}
