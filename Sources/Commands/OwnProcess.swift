// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Filesystem
internal import Processes
internal import SystemPackage

/// Other commands of mangrove's, as processes of their own: what they say and how they are interrupted is the same as for a
/// user who types them.
enum OwnProcess {
    private static let program: FilePath = "/proc/self/exe"

    /// Executes `mangrove ARGUMENTS` with this process's standard descriptors, and waits for its end.
    static func attend(_ arguments: [String]) throws(FilesystemError) -> ChildProcess.End {
        try ChildProcess.attend(program, arguments, environment: Surroundings.variables)
    }

    /// The same. Throws 125, or the status of an interrupted command, where it fails: why was said then.
    static func require(_ arguments: [String]) throws {
        let end = try attend(arguments)
        if end != .exited(0) { throw ExitCode(end.status) }
    }

    /// Executes it in a session of its own, and does not wait for it.
    static func detach(_ arguments: [String]) throws(FilesystemError) {
        try ChildProcess.detach(program, arguments, environment: Surroundings.variables)
    }
}

extension ChildProcess.End {
    /// For a command that fails because another did: 128 and the signal's number where that was interrupted, else 125.
    var status: Int32 {
        switch self {
        case .exited(let status) where status > 128: status
        case .killed(let signal): 128 + signal
        case .exited, .timedOut: 125
        }
    }
}
