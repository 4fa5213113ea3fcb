// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Failures
internal import Filesystem
internal import SystemPackage

/// Emulation is unavailable, and how to fix that.
package struct EmulationError: Failure, Equatable {
    /// What went wrong, for callers.
    package enum Kind: Sendable, Equatable {
        /// No program that emulates this architecture is on the host.
        case noInterpreter
        /// It exists but cannot be used: dynamically linked, for another machine, not a program.
        case unusableInterpreter
        /// The interpreter or another program did not do what it should.
        case misbehaved
        /// The kernel does not accept this rule.
        case unregistrable
        /// binfmt_misc is not there or switched off.
        case unavailable
        /// It needs root.
        case needsRoot
        /// mangrove has installed nothing.
        case notInstalled
        case filesystem
    }

    package let kind: Kind
    package let problem: String
    package let cause: String?
    package let remedy: String?
    package let status: ExitStatus

    init(_ kind: Kind, _ problem: String, cause: String? = nil, remedy: String? = nil, status: ExitStatus) {
        self.kind = kind
        self.problem = problem
        self.cause = cause
        self.remedy = remedy
        self.status = status
    }

    init(_ error: FilesystemError) {
        self.init(
            .filesystem, error.problem, cause: error.cause, remedy: error.remedy, status: error.status)
    }

    static func unregistrable(_ rule: BinfmtRule, _ cause: String) -> EmulationError {
        EmulationError(
            .unregistrable, "cannot register \(rule.interpreter) as an interpreter", cause: cause,
            remedy: "move it to a shorter, simpler path", status: .badConfiguration)
    }

    static func needsRoot(_ problem: String, command: String) -> EmulationError {
        EmulationError(
            .needsRoot, problem, cause: "only root can change the kernel's binfmt_misc rules",
            remedy: "sudo \(command)", status: .notPermitted)
    }
}

extension EmulationError {
    /// Neither a private binfmt_misc nor a registration of the host's that works.
    package static func needsHostRegistration(
        _ architecture: Architecture, status: BinfmtStatus, kernel: KernelRelease
    ) -> EmulationError {
        let why =
            switch status.outcome {
            case .works: "the kernel looks for the registered interpreter inside the root (no F flag)"
            case .fails(let reason): reason
            }
        return EmulationError(
            .unusableInterpreter, "cannot execute programs for \(architecture)",
            cause: "\(why); Linux \(kernel) has no private binfmt_misc (6.7 and newer have)",
            remedy: "sudo mangrove binfmt install --arch \(architecture)", status: .badConfiguration)
    }
}
