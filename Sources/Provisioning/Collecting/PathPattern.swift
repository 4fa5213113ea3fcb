// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

/// Paths by pattern: `*`, `?` and `[…]` within a component as in glob(7), `**` for any number of directories.
package struct PathPattern: Hashable, Codable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// Without "." and empty components. ".." is taken as it is written, not by what a link leads to.
    package var components: [String] {
        var found: [String] = []
        for component in text.split(separator: "/").map(String.init) where component != "." {
            if component == "..", let last = found.last, last != "..", !Self.isWild(last) {
                found.removeLast()
            } else {
                found.append(component)
            }
        }
        return found
    }

    /// The directory below which all it can name lies: what precedes the first component with a wildcard, or the last one.
    package var base: [String] {
        Array(components.dropLast().prefix { !Self.isWild($0) })
    }

    /// What is matched in the directory `base`.
    var rest: [String] { Array(components.dropFirst(base.count)) }

    /// It has no wildcard.
    var namesOne: Bool { !components.contains(where: Self.isWild) }

    package var isAbsolute: Bool { text.hasPrefix("/") }

    /// The same, for a pattern that is relative to `directory`.
    package func relative(to directory: FilePath) -> PathPattern {
        isAbsolute ? self : PathPattern("\(directory)/\(text)")
    }

    private static func isWild(_ component: String) -> Bool { component.contains { "*?[".contains($0) } }

    /// Whether a component of a path matches one of a pattern other than `**` (fnmatch(3)): a name that begins with a
    /// period only where the pattern does.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        unsafe fnmatch(pattern, name, FNM_PERIOD) == 0
    }
}
