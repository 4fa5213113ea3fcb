// SPDX-License-Identifier: Apache-2.0

/// Which files of a build are wanted, and where they go.
package struct ArtifactPattern: Hashable, Codable, Sendable {
    /// Absolute in the tree.
    package let pattern: PathPattern
    /// The directory of the results that they go to; empty: the top one.
    package let directory: String
    /// Of those that it names, only programs and libraries of the root's architecture.
    package let onlyPrograms: Bool
    /// Nothing, where patterns before it have named anything.
    package let isFallback: Bool

    package init(_ pattern: PathPattern, directory: String = "", onlyPrograms: Bool = false, isFallback: Bool = false) {
        (self.pattern, self.directory, self.onlyPrograms) = (pattern, directory, onlyPrograms)
        self.isFallback = isFallback
    }
}

/// What a worker has copied.
package struct ArtifactCollection: Hashable, Codable, Sendable {
    package struct File: Hashable, Codable, Sendable {
        /// Below the directory of results.
        package let path: String
        /// In bytes; 0 of a link.
        package let size: Int64
        /// Of a file, in hexadecimal digits.
        package let sha256: String?
        /// What a symbolic link says.
        package let link: String?
        /// Permission bits.
        package let mode: UInt32
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
