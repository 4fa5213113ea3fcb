// SPDX-License-Identifier: Apache-2.0

package import Failures

/// A document that is not what it should be.
package struct JSONError: Failure, Equatable {
    package let file: String
    /// A line ("line 3, column 5"), a key ("distros.ubuntu"), or both.
    package let place: String?
    package let reason: String
    /// What to do.
    package var remedy: String?

    package init(file: String, place: String?, reason: String) {
        (self.file, self.place, self.reason) = (file, place, reason)
    }

    package var problem: String { place.map { "\(file): \($0)" } ?? file }
    package var cause: String? { reason }
    package var status: ExitStatus { .badConfiguration }
}
