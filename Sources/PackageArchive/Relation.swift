// SPDX-License-Identifier: Apache-2.0

/// One name in a dependency or conflict: `libc6 (>= 2.34)`, `python3:any`.
package struct Relation: Sendable, CustomStringConvertible {
    package enum Comparison: String, Sendable {
        case earlier = "<<"
        case earlierOrEqual = "<="
        case equal = "="
        case laterOrEqual = ">="
        case later = ">>"
    }

    package let name: String
    /// What follows a colon: `any`, `native` or an architecture.
    package let qualifier: String?
    package let bound: (comparison: Comparison, version: PackageVersion)?

    package var description: String {
        let name = qualifier.map { "\(self.name):\($0)" } ?? self.name
        return bound.map { "\(name) (\($0.comparison.rawValue) \($0.version))" } ?? name
    }

    package func allows(_ version: PackageVersion) -> Bool {
        guard let bound else { return true }
        return switch bound.comparison {
        case .earlier: version < bound.version
        case .earlierOrEqual: version <= bound.version
        case .equal: version == bound.version
        case .laterOrEqual: version >= bound.version
        case .later: version > bound.version
        }
    }
}

/// Alternatives, of which one suffices: `debconf (>= 0.5) | debconf-2.0`.
package struct Dependency: Sendable, CustomStringConvertible {
    package let alternatives: [Relation]
    /// `Pre-Depends`: to be configured before this package is unpacked.
    package let isEarly: Bool

    package var description: String { alternatives.map(\.description).joined(separator: " | ") }
}

extension Relation {
    /// The value of a field like `Depends`: groups of alternatives. Malformed parts are left out, as in what no
    /// version of dpkg writes.
    static func groups(_ value: some StringProtocol) -> [[Relation]] {
        value.split(separator: ",").map { $0.split(separator: "|").compactMap { Relation(parsing: $0) } }
            .filter { !$0.isEmpty }
    }

    /// One name with what belongs to it; nil where there is none.
    init?(parsing text: some StringProtocol) {
        let isSpace = { (character: Character) in character.isWhitespace }
        let text = text.drop(while: isSpace)
        let name = text.prefix { !$0.isWhitespace && $0 != "(" && $0 != "[" && $0 != "<" && $0 != ":" }
        guard !name.isEmpty else { return nil }
        self.name = String(name)
        var rest = text[name.endIndex...]
        if rest.first == ":" {
            let qualifier = rest.dropFirst().prefix { !$0.isWhitespace && $0 != "(" }
            self.qualifier = String(qualifier)
            rest = rest[qualifier.endIndex...]
        } else {
            qualifier = nil
        }
        guard let open = rest.firstIndex(of: "("), let close = rest[open...].firstIndex(of: ")") else {
            bound = nil
            return
        }
        let inside = rest[rest.index(after: open)..<close].drop(while: isSpace)
        let sign = inside.prefix { "<>=".contains($0) }
        let version = String(inside[sign.endIndex...]).filter { !$0.isWhitespace }
        guard let comparison = Self.comparison(String(sign)), !version.isEmpty else { return nil }
        bound = (comparison, PackageVersion(version))
    }

    /// `<` and `>` are ancient and mean `<=` and `>=`.
    private static func comparison(_ sign: String) -> Comparison? {
        switch sign {
        case "<": .earlierOrEqual
        case ">": .laterOrEqual
        default: Comparison(rawValue: sign)
        }
    }
}
