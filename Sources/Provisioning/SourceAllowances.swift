// SPDX-License-Identifier: Apache-2.0

/// Exceptions that the user allows for a root's source. The record keeps them, so that the root's tools tree can be
/// made the same way.
package struct SourceAllowances: Codable, Equatable, Sendable {
    /// Update suites to skip.
    package var skippedSuites: [String] = []
    /// Accepts a tarball without the signature that its distro publishes, but never one with a bad signature.
    package var allowsUnsigned = false
    /// Accepts Release files past their Valid-Until.
    package var allowsExpired = false

    package init(skippedSuites: [String] = [], allowsUnsigned: Bool = false, allowsExpired: Bool = false) {
        (self.skippedSuites, self.allowsUnsigned) = (skippedSuites, allowsUnsigned)
        self.allowsExpired = allowsExpired
    }

    /// nil where it is nothing, for a record.
    var recorded: SourceAllowances? { self == SourceAllowances() ? nil : self }
}
