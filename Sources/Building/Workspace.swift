// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
package import Provisioning
package import SystemPackage

/// Where one build keeps what it changes in the root and in the source: a directory of its own, which nobody else uses
/// while its lock is held. What a build that was killed left, the next one deletes.
package struct Workspace: ~Copyable {
    package let path: FilePath
    private let lock: FileLock
    private let name: FilePath.Component
    private let builds: FilePath

    private static let lockName: FilePath.Component = "lock"
    /// Kept for the user: no build deletes it, but `cache prune`.
    private static let keptPrefix = Cache.keptBuildPrefix

    /// Makes one in `builds`, which is made as well.
    package static func make(in builds: FilePath) throws(ProvisioningError) -> Workspace {
        do throws(FilesystemError) {
            try builds.makeDirectories(mode: 0o700)
            let directory = try Directory.open(builds)
            while true {
                let text = String(UInt64.random(in: .min ... .max), radix: 16)
                guard let name = FilePath.Component(text), try directory.status(of: name) == nil else { continue }
                try directory.makeDirectory(name, mode: 0o700)
                let path = builds.appending(name)
                guard let lock = try? FileLock.acquire(path.appending(lockName), .exclusive, wait: false) else {
                    // Another build has just taken it for what is left of a third.
                    continue
                }
                let workspace = Workspace(path: path, lock: lock, name: name, builds: builds)
                for place in [workspace.rootChanges, workspace.sourceChanges] {
                    try place.appending("lower").makeDirectories(mode: 0o755)
                }
                try workspace.merged.makeDirectories(mode: 0o755)
                return workspace
            }
        } catch {
            throw ProvisioningError(error)
        }
    }

    private init(path: FilePath, lock: consuming FileLock, name: FilePath.Component, builds: FilePath) {
        (self.path, self.name, self.builds) = (path, name, builds)
        self.lock = lock
    }

    /// Changes to the root, and to the source.
    package var rootChanges: FilePath { path.appending("root") }
    package var sourceChanges: FilePath { path.appending("source") }
    /// Where both are seen together to take results out.
    package var merged: FilePath { path.appending("merged") }
    /// Sources that were fetched or copied.
    package var fetched: FilePath { path.appending("fetched") }

    /// Deletes it.
    package consuming func remove(using workers: some NamespacePerforming) throws(ProvisioningError) {
        _ = try workers.perform(.remove(.init(directory: builds.string, name: name.string)))
        withExtendedLifetime(lock.rawValue) {}
    }

    /// Leaves it where it is, for the user. Returns where that is.
    package consuming func keep() throws(ProvisioningError) -> FilePath {
        let kept = Self.keptPrefix + name.string
        do throws(FilesystemError) {
            guard let other = FilePath.Component(kept) else { return path }
            try Directory.open(builds).rename(name, to: other)
            return builds.appending(other)
        } catch {
            throw ProvisioningError(error)
        }
    }

    /// Deletes what builds left that were killed. Failures keep nobody from building.
    package static func sweep(_ builds: FilePath, using workers: some NamespacePerforming) {
        for name in (try? Directory.open(builds).names()) ?? [] where !name.string.hasPrefix(keptPrefix) {
            let path = builds.appending(name)
            guard (try? Directory.open(path)) != nil,
                let lock = try? FileLock.acquire(path.appending(lockName), .exclusive, wait: false)
            else { continue }
            _ = try? workers.perform(.remove(.init(directory: builds.string, name: name.string)))
            withExtendedLifetime(lock.rawValue) {}
        }
    }
}
