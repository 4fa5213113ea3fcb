// SPDX-License-Identifier: Apache-2.0

/// An error for the user, in at most three lines: what failed, why, what to do.
///
/// Every module throws its own type; code that prints errors needs only this protocol.
package protocol Failure: Error, Sendable {
    /// What failed, naming the path, URL or name it failed on. One line, no full stop.
    var problem: String { get }
    /// Why, if more is known than `problem` says.
    var cause: String? { get }
    /// What the user can do about it, with the command where there is one.
    var remedy: String? { get }
    /// What the process exits with.
    var status: ExitStatus { get }
}

extension Failure {
    package var cause: String? { nil }
    package var remedy: String? { nil }

    /// On one line, for a warning or a note.
    package var summary: String { problem + (cause.map { ": \($0)" } ?? "") }
}

/// Exit statuses, as in sysexits(3head), chroot(1) and env(1).
package struct ExitStatus: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    package static let success = ExitStatus(rawValue: 0)
    /// `refresh --exit-code`: something was refreshed.
    package static let changed = ExitStatus(rawValue: 10)
    /// The command line is wrong.
    package static let usage = ExitStatus(rawValue: 64)
    /// Checksum, signature or archive is bad.
    package static let badData = ExitStatus(rawValue: 65)
    /// No such root.
    package static let noInput = ExitStatus(rawValue: 66)
    /// The source of the data does not answer.
    package static let unavailable = ExitStatus(rawValue: 69)
    /// An internal error of mangrove.
    package static let software = ExitStatus(rawValue: 70)
    /// The output cannot be created.
    package static let cannotCreate = ExitStatus(rawValue: 73)
    /// Reading or writing failed; the disk is full.
    package static let inputOutput = ExitStatus(rawValue: 74)
    /// Locked by another process: try again.
    package static let tryAgain = ExitStatus(rawValue: 75)
    /// Not permitted on this machine or for this user.
    package static let notPermitted = ExitStatus(rawValue: 77)
    /// The configuration is invalid, or something is missing.
    package static let badConfiguration = ExitStatus(rawValue: 78)
    /// `run`, `shell`, `build`: mangrove failed before the command started.
    package static let sandboxFailed = ExitStatus(rawValue: 125)
    /// The command was found but cannot be executed.
    package static let notExecutable = ExitStatus(rawValue: 126)
    /// The command was not found.
    package static let notFound = ExitStatus(rawValue: 127)
}
