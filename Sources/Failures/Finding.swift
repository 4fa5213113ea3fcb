// SPDX-License-Identifier: Apache-2.0

/// The result of one check of `doctor`.
package struct Finding: Hashable, Sendable {
    package enum State: String, Sendable {
        case ok
        /// It works, but less well than it could.
        case warning
        /// Something that mangrove does will fail.
        case problem
    }

    /// What was checked, as a title: "arm64 interpreter".
    package let subject: String
    package let state: State
    /// The result of the check.
    package let detail: String
    /// How to fix it, with the command if there is one; nil if nothing needs fixing.
    package let remedy: String?

    package init(_ subject: String, _ state: State, _ detail: String, remedy: String? = nil) {
        self.subject = subject
        self.state = state
        self.detail = detail
        self.remedy = remedy
    }
}
