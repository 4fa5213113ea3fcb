// SPDX-License-Identifier: Apache-2.0

package import Acceleration
internal import Images
package import Sandbox
package import SystemPackage

/// What a user asks of a run.
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
    /// What the root itself says of the environment.
    package var defaultEnvironment: [String: String] = [:]
    /// Directories in which commands are looked for before those of `PATH`, whoever says what that is.
    package var searchPath: [String] = []
    /// Changes to the root are dropped at the end.
    package var isThrowaway = false
    /// Seen at its place; `use` sets it.
    package private(set) var toolchain: Toolchain?
    /// Changes to the root go to this directory of the host, in which those of earlier runs are.
    package var changes: FilePath?
    /// Mounted after `binds`.
    package var layered: [LayeredDirectory] = []
    /// Directories of the root in which nothing of what is there can be seen, and what is written is dropped; after
    /// everything else.
    package var hidden: [FilePath] = []
    /// nil: the root's name.
    package var hostname: String?
    package var isolatesNetwork = false
    package var limits = ResourceLimits()
    /// The emulated CPU, in qemu's words; nil: chosen.
    package var cpu: String?
    /// Setuid programs get their rights under emulation, and the interpreter with them (binfmt's `C`).
    package var trustsSetuid = false
    /// What is spent on which program is noted.
    package var isProfiled = false
    /// A pseudo-terminal of its own.
    package var usesTerminal = false

    package init(command: [String]) {
        self.command = command
    }

    /// The same in a root that was made of an image which says how it is to be run, as far as nobody says otherwise.
    func following(_ settings: ImageSettings?) -> RunRequest {
        guard let settings else { return self }
        var request = self
        if user == nil, let user = settings.user, !user.isEmpty { request.user = user }
        // An image may say anything; what is no absolute path is nothing to start in.
        if let directory = settings.workingDirectory.map({ FilePath($0) }), directory.isAbsolute {
            request.defaultDirectory = directory
        }
        request.defaultEnvironment = settings.variables
        return request
    }

    /// Has the programs of `toolchain` found before the root's own, and by make(1)'s customary variable.
    package mutating func use(_ toolchain: Toolchain) {
        self.toolchain = toolchain
        searchPath.insert(toolchain.path.string, at: 0)
        // A login shell sets a PATH of its own.
        let place = command.isEmpty ? "\(toolchain.path)/" : ""
        environment["CROSS_COMPILE"] = environment["CROSS_COMPILE"] ?? place + toolchain.prefix
    }

    /// The tree stays as it is.
    var sparesTree: Bool { isThrowaway || changes != nil }
}

/// A directory of the host that a run may change without effect on the host: changes go to another.
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

/// Who asks, and from where: taken once, so that a plan depends on nothing else.
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
