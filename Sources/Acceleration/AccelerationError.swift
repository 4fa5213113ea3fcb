// SPDX-License-Identifier: Apache-2.0

package import Failures
internal import Filesystem

/// Acceleration that cannot be had; whoever did not ask for it explicitly goes on without.
package struct AccelerationError: Failure, Equatable {
    package let problem: String
    package let cause: String?
    package let remedy: String?
    package let status: ExitStatus

    init(_ problem: String, cause: String? = nil, remedy: String? = nil, status: ExitStatus = .badConfiguration) {
        self.problem = problem
        self.cause = cause
        self.remedy = remedy
        self.status = status
    }

    init(_ error: FilesystemError) {
        self.init(error.problem, cause: error.cause, remedy: error.remedy, status: error.status)
    }
}
