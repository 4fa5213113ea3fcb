// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// Which files of a build to collect, and where to put them.
package struct ArtifactPattern: Hashable, Codable, Sendable {
    /// Absolute in the tree, or relative to the source.
    package var pattern: PathPattern
    /// Their directory in the output; empty: the top.
    package var directory = ""
    /// Only programs and libraries among the matches.
    package var onlyPrograms = false
    /// Whether it is an error if nothing matches.
    package var isRequired = true
    /// Applies only if earlier patterns matched nothing.
    package var isFallback = false

    package init(_ pattern: String, isRequired: Bool = true, onlyPrograms: Bool = false, isFallback: Bool = false) {
        self.pattern = PathPattern(pattern)
        (self.isRequired, self.onlyPrograms, self.isFallback) = (isRequired, onlyPrograms, isFallback)
    }

    /// The same, for a source that is at `directory`.
    package func relative(to directory: FilePath) -> ArtifactPattern {
        var other = self
        other.pattern = pattern.relative(to: directory)
        return other
    }
}

/// What a worker has copied.
package struct ArtifactCollection: Hashable, Codable, Sendable {
    package struct File: Hashable, Codable, Sendable {
        /// Below the directory of artifacts.
        package let path: String
        /// In bytes; 0 of a link.
        package let size: Int64
        /// Of a file, in hexadecimal digits.
        package let sha256: String?
        /// The target of a symbolic link.
        package let link: String?
        /// Permission bits, in octal digits.
        package let mode: String
        /// Debian's name, of an ELF file; "unknown" of a machine that no name is known for.
        package let architecture: String?
    }

    package internal(set) var files: [File] = []
    /// By the pattern's place, how many files it named.
    package internal(set) var counts: [Int] = []
    /// Matches that are neither file nor link nor directory.
    package internal(set) var skipped: [String] = []

    package init() {}
}
