// SPDX-License-Identifier: Apache-2.0

package import Acceleration
internal import Images
package import Sandbox
package import SystemPackage

/// A user's request for a run.
package struct RunRequest: Hashable, Sendable {
    /// A program and its arguments; empty: the account's login shell.
    package var command: [String]
    /// `NAME`, `UID`, either with `:GROUP`; nil: root.
    package var user: String?
    /// nil: the caller's current directory where it is shared, else `defaultDirectory`.
    package var workingDirectory: FilePath?
    package var defaultDirectory: FilePath = "/"
    package var binds: [BindOption] = []
    /// `--env`.
    package var environment: [String: String] = [:]
    /// The root's own environment variables.
    package var defaultEnvironment: [String: String] = [:]
    /// Directories that come before those of `PATH`, wherever that is set.
    package var searchPath: [String] = []
    /// Discards changes to the root at the end.
    package var isThrowaway = false
    /// Seen at its place; `use` sets it.
    package private(set) var toolchain: Toolchain?
    /// The directory of the host for changes to the root, which contains those of earlier runs.
    package var changes: FilePath?
    /// Mounted after `binds`.
    package var layered: [LayeredDirectory] = []
    /// Directories of the root that appear empty, and whose new contents are discarded; after everything else.
    package var hidden: [FilePath] = []
    /// nil: the root's name.
    package var hostname: String?
    package var isolatesNetwork = false
    package var limits = ResourceLimits()
    /// The emulated CPU, in qemu's words; nil: chosen.
    package var cpu: String?
    /// Setuid programs, and the interpreter with them, gain privileges under emulation (binfmt's `C`).
    package var trustsSetuid = false
    /// Records the time spent per program.
    package var isProfiled = false
    /// A pseudo-terminal of its own.
    package var usesTerminal = false

    package init(command: [String]) {
        self.command = command
    }

    /// The same with an image's settings as defaults.
    func following(_ settings: ImageSettings?) -> RunRequest {
        guard let settings else { return self }
        var request = self
        if user == nil, let user = settings.user, !user.isEmpty { request.user = user }
        // An image may contain anything: ignore a path that is not absolute.
        if let directory = settings.workingDirectory.map({ FilePath($0) }), directory.isAbsolute {
            request.defaultDirectory = directory
        }
        request.defaultEnvironment = settings.variables
        return request
    }

    /// Puts the programs of `toolchain` before the root's own, and sets make(1)'s customary variable.
    package mutating func use(_ toolchain: Toolchain) {
        self.toolchain = toolchain
        searchPath.insert(toolchain.path.string, at: 0)
        // A login shell sets a PATH of its own.
        let place = command.isEmpty ? "\(toolchain.path)/" : ""
        environment["CROSS_COMPILE"] = environment["CROSS_COMPILE"] ?? place + toolchain.prefix
    }

    /// Leaves the tree unchanged.
    var sparesTree: Bool { isThrowaway || changes != nil }
}

/// A directory of the host that a run may change without affecting it: changes go to another directory.
package struct LayeredDirectory: Hashable, Sendable {
    package let source: FilePath
    /// Has a directory `lower`, which is mounted on.
    package let changes: FilePath
    /// In the root.
    package let target: FilePath

    package init(_ source: FilePath, changes: FilePath, target: FilePath) {
        (self.source, self.changes, self.target) = (source, changes, target)
    }

    package var steps: [MountStep] { MountStep.layered(source, changes: changes, target: target) }
}

/// The caller and its environment: captured once, so that a plan depends on nothing else.
package struct Caller: Sendable {
    package let identity: Identity
    package let currentDirectory: FilePath
    /// Whether the current directory is one that is shared only with whoever asks for it (`PrivateDirectories`).
    package let isDirectoryPrivate: Bool
    package let environment: [String: String]
    /// Of files that runs make.
    package let umask: UInt32

    package init(
        identity: Identity, currentDirectory: FilePath, isDirectoryPrivate: Bool = false,
        environment: [String: String], umask: UInt32 = 0o022
    ) {
        self.isDirectoryPrivate = isDirectoryPrivate
        self.umask = umask
        self.identity = identity
        self.currentDirectory = currentDirectory
        self.environment = environment
    }
}
