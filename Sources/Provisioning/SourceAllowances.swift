// SPDX-License-Identifier: Apache-2.0

/// What the user lets the source of a root do without. It is in the root's record, so that the tools tree that its runs
/// want can be had from there, too.
package struct SourceAllowances: Codable, Equatable, Sendable {
    /// Suites of additions that no package is to be taken from.
    package var skippedSuites: [String] = []
    /// A tarball without the signature that its distro publishes is taken; one with a bad signature never is.
    package var allowsUnsigned = false
    /// Release files past their Valid-Until are taken.
    package var allowsExpired = false

    package init(skippedSuites: [String] = [], allowsUnsigned: Bool = false, allowsExpired: Bool = false) {
        (self.skippedSuites, self.allowsUnsigned) = (skippedSuites, allowsUnsigned)
        self.allowsExpired = allowsExpired
    }

    /// nil where it is nothing, for a record.
    var recorded: SourceAllowances? { self == SourceAllowances() ? nil : self }
}
