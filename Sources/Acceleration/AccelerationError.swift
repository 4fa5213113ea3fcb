// SPDX-License-Identifier: Apache-2.0

package import Failures
package import Filesystem

/// Acceleration is unavailable; callers that did not request it explicitly continue without it.
package struct AccelerationError: Failure, Equatable {
    package let problem: String
    package let cause: String?
    package let remedy: String?
    package let status: ExitStatus

    package init(_ problem: String, cause: String? = nil, remedy: String? = nil, status: ExitStatus = .badConfiguration)
    {
        self.problem = problem
        self.cause = cause
        self.remedy = remedy
        self.status = status
    }

    package init(_ error: FilesystemError) {
        self.init(error.problem, cause: error.cause, remedy: error.remedy, status: error.status)
    }

    /// What `body` returns; what it throws as one of these.
    static func wrapping<Result: ~Copyable>(
        _ body: () throws(FilesystemError) -> Result
    ) throws(AccelerationError) -> Result {
        do throws(FilesystemError) {
            return try body()
        } catch {
            throw AccelerationError(error)
        }
    }
}
