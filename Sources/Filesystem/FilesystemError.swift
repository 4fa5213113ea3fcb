// SPDX-License-Identifier: Apache-2.0

package import Failures
internal import Glibc
package import SystemPackage

/// A file operation that the kernel refused.
package struct FilesystemError: Failure, Equatable {
    /// What was tried, as an infinitive: "create directory".
    package let operation: String
    /// What it was tried on.
    package let path: FilePath
    /// Why not.
    package let errno: Errno
    /// What is there instead of a file.
    package let found: FileStatus.Kind?

    package init(_ operation: String, _ path: FilePath, _ errno: Errno, found: FileStatus.Kind? = nil) {
        self.operation = operation
        self.path = path
        self.errno = errno
        self.found = found
    }

    package var problem: String { "cannot \(operation) \(path)" }
    package var cause: String? { found.map { "expected a file, found \($0)" } ?? errno.description }

    package var remedy: String? {
        switch errno {
        case .noSpace, .diskQuotaExceeded: "free space on that file system and try again"
        default: nil
        }
    }

    package var status: ExitStatus {
        if found != nil { return operation == "replace" ? .cannotCreate : .badData }
        return switch errno {
        case .fileTooLarge where operation == "read": .badData
        case .noSpace, .diskQuotaExceeded, .ioError: .inputOutput
        case .permissionDenied, .notPermitted: .notPermitted
        case .resourceTemporarilyUnavailable: .tryAgain
        default: .cannotCreate
        }
    }
}

extension Errno {
    /// The calling thread's errno, to be read on the line after the call that set it.
    package static var last: Errno { Errno(rawValue: Glibc.errno) }
}
