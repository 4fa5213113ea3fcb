// SPDX-License-Identifier: Apache-2.0

internal import Failures

/// Another machine that compiles for builds on this one, through ssh(1).
package struct BuildHost: Hashable, Sendable {
    /// As ssh takes it: a name of its configuration, `USER@HOST`, or `ssh://[USER@]HOST[:PORT]`.
    package let destination: String
    /// The number of concurrent compilations on it.
    package let jobs: Int

    /// distcc's default for a host (distcc(1), "Host specifications").
    private static let usualJobs = 4
    private static let mostJobs = 1024

    /// `DESTINATION[/JOBS]`.
    package init(parsing text: String) throws(RecipeError) {
        let isURL = text.hasPrefix("ssh://")
        let parts = text.dropFirst(isURL ? 6 : 0).split(separator: "/", omittingEmptySubsequences: false)
        let name = String(parts[0])
        // A leading hyphen would make it an option of ssh.
        guard !name.isEmpty, !name.hasPrefix("-"), !name.contains(where: { $0.isWhitespace || $0 == "," }) else {
            throw Self.fault(text, "expected HOST, USER@HOST or ssh://USER@HOST:PORT, optionally with /JOBS")
        }
        destination = (isURL ? "ssh://" : "") + name
        guard parts.count > 1 else {
            jobs = Self.usualJobs
            return
        }
        guard parts.count == 2, let number = Int(parts[1]), (1...Self.mostJobs).contains(number) else {
            throw Self.fault(text, "expected a number of jobs from 1 to \(Self.mostJobs) after the slash")
        }
        jobs = number
    }

    /// A list, separated by commas.
    package static func list(_ text: String) throws(RecipeError) -> [BuildHost] {
        var hosts: [BuildHost] = []
        guard !text.isEmpty else { return hosts }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let host = try BuildHost(parsing: String(part))
            guard !hosts.contains(where: { $0.destination == host.destination }) else {
                throw fault(text, "\(host.destination) is listed twice")
            }
            hosts.append(host)
        }
        return hosts
    }

    private static func fault(_ text: String, _ cause: String) -> RecipeError {
        RecipeError("invalid host \(text)", cause: cause, remedy: "for example alice@server/8", status: .usage)
    }
}

extension BuildHost: CustomStringConvertible {
    package var description: String { "\(destination)/\(jobs)" }
}
