// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// The version by semver.org. `scripts/package` reads it from here.
package let version = "0.1.0"

/// What `--version` says besides the version.
enum BuildIdentity {
    #if DEBUG
    static let configuration = "debug"
    #else
    static let configuration = "release"
    #endif

    /// The executable sets it: only that is compiled again for another commit.
    private static let commit = Mutex("")

    static func set(commit text: String) { commit.withLock { $0 = text } }

    static var text: String { text(commit: commit.withLock { $0 }) }

    static func text(commit: String) -> String {
        let details = (commit.isEmpty ? [] : [commit]) + [configuration]
        return "mangrove \(version) (\(details.joined(separator: ", ")))"
    }
}
