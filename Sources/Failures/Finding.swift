// SPDX-License-Identifier: Apache-2.0

/// One thing that `doctor` looked at.
package struct Finding: Hashable, Sendable {
    package enum State: String, Sendable {
        case ok
        /// It works, less well than it could.
        case warning
        /// Something that mangrove does will fail.
        case problem
    }

    /// What was looked at, as a title: "arm64 interpreter".
    package let subject: String
    package let state: State
    /// What is so.
    package let detail: String
    /// What mends it, with the command where there is one; nil where nothing needs to be.
    package let remedy: String?

    package init(_ subject: String, _ state: State, _ detail: String, remedy: String? = nil) {
        self.subject = subject
        self.state = state
        self.detail = detail
        self.remedy = remedy
    }
}
