// SPDX-License-Identifier: Apache-2.0

package import Failures

/// Why a root cannot be made from a package archive.
package struct PackageArchiveError: Failure, Equatable {
    package enum Kind: Equatable, Sendable {
        /// A file of the archive does not have the form it should.
        case malformed
        /// A Release file is past its Valid-Until.
        case expired
        /// A file does not match the digest in the file above it in the chain.
        case mismatch
        /// The archive lacks the suite, component or architecture.
        case notOffered
        case unknownPackage
        case unsatisfiable
        /// Two packages bring the same file.
        case overlap
        /// A lower module failed; its message is kept.
        case other
    }

    package let kind: Kind
    package let problem: String
    package let cause: String?
    package let remedy: String?
    package let status: ExitStatus

    package init(
        _ kind: Kind, _ problem: String, cause: String? = nil, remedy: String? = nil, status: ExitStatus = .badData
    ) {
        self.kind = kind
        self.problem = problem
        self.cause = cause
        self.remedy = remedy
        self.status = status
    }

    /// What a module below said, word for word.
    package init(_ failure: some Failure) {
        self.init(
            .other, failure.problem, cause: failure.cause, remedy: failure.remedy, status: failure.status)
    }

    /// The same with one more thing to do about it.
    func suggesting(_ action: String?) -> PackageArchiveError {
        guard let action else { return self }
        let remedy = remedy.map { "\($0), or \(action)" } ?? action
        return PackageArchiveError(kind, problem, cause: cause, remedy: remedy, status: status)
    }

    /// What `body` throws, in the type of this module.
    static func wrapping<Result: ~Copyable, Inner: Failure>(
        _ body: () throws(Inner) -> Result
    ) throws(PackageArchiveError) -> Result {
        do throws(Inner) {
            return try body()
        } catch {
            throw PackageArchiveError(error)
        }
    }

    static func malformed(_ file: String, _ detail: String) -> PackageArchiveError {
        PackageArchiveError(.malformed, "\(file) is malformed", cause: detail)
    }
}
