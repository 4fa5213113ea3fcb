// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Which entries of an archive are left out, by their paths.
///
/// Patterns are glob(7)'s for paths without a leading slash: `*` matches within a component, and what matches a
/// directory matches all that is in it.
package struct PathFilter: Codable, Equatable, Sendable {
    package var patterns: [String]
    /// What is made all the same.
    package var exceptions: [String]

    package init(_ patterns: [String] = [], except exceptions: [String] = []) {
        (self.patterns, self.exceptions) = (patterns, exceptions)
    }

    /// GNU's flags of fnmatch(3), which its header shows to GNU programs alone.
    private static let flags = FNM_PATHNAME | 1 << 3

    package func leavesOut(_ path: String) -> Bool {
        guard !patterns.isEmpty else { return false }
        func isAmong(_ patterns: [String]) -> Bool {
            patterns.contains { unsafe fnmatch($0, path, Self.flags) == 0 }
        }
        return isAmong(patterns) && !isAmong(exceptions)
    }
}
