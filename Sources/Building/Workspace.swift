// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
package import Provisioning
package import SystemPackage

/// The directory for fetched sources and for the changes of builds: private while its lock is held. The next build
/// deletes what a killed one left.
package struct Workspace: ~Copyable {
    package let path: FilePath
    private let lock: FileLock
    private let name: FilePath.Component
    private let builds: FilePath

    /// What one build changes in the root and in the source.
    package struct Place: Sendable {
        let rootChanges: FilePath
        let sourceChanges: FilePath
        /// Both merged, to collect artifacts.
        let merged: FilePath
        /// For a copy of the source.
        let copy: FilePath
        /// For results of configure scripts.
        let configure: FilePath

        fileprivate init(in path: FilePath) {
            rootChanges = path.appending("root")
            sourceChanges = path.appending("source")
            merged = path.appending("merged")
            copy = path.appending("copy")
            configure = path.appending("configure")
        }
    }

    private static let lockName: FilePath.Component = "lock"
    /// Kept for the user: no build deletes it, but `cache prune`.
    private static let keptPrefix = Cache.keptBuildPrefix

    /// Makes one in `builds`, which is created as well. `workers`: to delete leftovers of other ids.
    package static func make(
        in builds: FilePath, using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> Workspace {
        sweep(builds, using: workers)
        return try below { () throws(FilesystemError) in
            try builds.makeDirectories(mode: 0o700)
            let directory = try Directory.open(builds)
            while true {
                let text = String(UInt64.random(in: .min ... .max), radix: 16)
                guard let name = FilePath.Component(text), try directory.status(of: name) == nil else { continue }
                try directory.makeDirectory(name, mode: 0o700)
                let path = builds.appending(name)
                // Another build may treat it as a leftover.
                if let lock = try? FileLock.acquire(path.appending(lockName), .exclusive, wait: false) {
                    return Workspace(path: path, lock: lock, name: name, builds: builds)
                }
            }
        }
    }

    private init(path: FilePath, lock: consuming FileLock, name: FilePath.Component, builds: FilePath) {
        (self.path, self.name, self.builds) = (path, name, builds)
        self.lock = lock
    }

    /// For what is fetched.
    package var fetched: FilePath { path.appending("fetched") }

    /// Creates the place of the build `title`, a file name.
    func place(for title: String) throws(ProvisioningError) -> Place {
        let place = Place(in: path.appending(title))
        try below { () throws(FilesystemError) in
            for directory in [
                place.rootChanges.appending("lower"), place.sourceChanges.appending("lower"), place.merged,
            ] {
                try directory.makeDirectories(mode: 0o755)
            }
        }
        return place
    }

    /// Deletes it.
    package consuming func remove(using workers: some NamespacePerforming) throws(ProvisioningError) {
        _ = try workers.perform(.remove(.init(directory: builds.string, name: name.string)))
        withExtendedLifetime(lock.rawValue) {}
    }

    /// Keeps it for the user. Returns its path.
    package consuming func keep() throws(ProvisioningError) -> FilePath {
        let (name, builds, path) = (name, builds, path)
        return try below { () throws(FilesystemError) in
            guard let kept = FilePath.Component(Self.keptPrefix + name.string) else { return path }
            try Directory.open(builds).rename(name, to: kept)
            return builds.appending(kept)
        }
    }

    /// Deletes leftovers of killed builds. Ignores failures.
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
