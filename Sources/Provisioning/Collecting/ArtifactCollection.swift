// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// Which files of a build are wanted, and where they go.
package struct ArtifactPattern: Hashable, Codable, Sendable {
    /// Absolute in the tree, or relative to the source.
    package var pattern: PathPattern
    /// The directory of the results that they go to; empty: the top one.
    package var directory = ""
    /// Of those that it names, only programs and libraries.
    package var onlyPrograms = false
    /// That it names nothing is an error.
    package var isRequired = true
    /// Nothing, where patterns before it have named anything.
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
        /// What a symbolic link says.
        package let link: String?
        /// Permission bits, in octal digits.
        package let mode: String
        /// Debian's name, of an ELF file; "unknown" of a machine that no name is known for.
        package let architecture: String?
    }

    package internal(set) var files: [File] = []
    /// By the pattern's place, how many files it named.
    package internal(set) var counts: [Int] = []
    /// What was named and is neither file nor link nor directory.
    package internal(set) var skipped: [String] = []

    package init() {}
}
