// SPDX-License-Identifier: Apache-2.0

package import Failures
internal import JSON5

/// A missing or invalid recipe. Nothing has been done yet.
package struct RecipeError: Failure, Equatable {
    package let problem: String
    package let cause: String?
    package let remedy: String?
    package let status: ExitStatus

    package init(_ problem: String, cause: String? = nil, remedy: String? = nil, status: ExitStatus) {
        (self.problem, self.cause, self.remedy, self.status) = (problem, cause, remedy, status)
    }

    init(_ error: JSONError) {
        self.init(
            error.problem, cause: error.cause, remedy: "see docs/mangrove.schema.json",
            status: error.status)
    }
}
