// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
package import SystemPackage

/// What builds leave for later builds, as part of the cache.
extension Cache {
    package enum MemoryKind: String, CaseIterable, Sendable {
        /// ccache(1)'s, of one architecture and one set of compilers.
        case ccache
        /// What configure scripts have found out, of one source in one root.
        case configure
    }

    /// A directory in use: as long as this lives it is not pruned.
    package final class Memory {
        package let path: FilePath
        private let lock: FileLock

        fileprivate init(_ path: FilePath, _ lock: consuming FileLock) {
            self.path = path
            self.lock = lock
        }

        deinit { withExtendedLifetime(lock.rawValue) {} }
    }

    /// The directory called `name`, a file name; created if missing, with `mode`. Its parent is accessible to its owner
    /// only.
    package func memory(
        _ kind: MemoryKind, _ name: String, mode: UInt32
    ) throws(ProvisioningError) -> Memory {
        try below { () throws(FilesystemError) in
            let path = directory(of: kind).appending(name)
            try directory(of: kind).makeDirectories(mode: 0o700)
            let lock = try FileLock.acquire(Self.lock(of: path), .shared, wait: true)
            try path.makeDirectories(mode: mode)
            // Whatever the caller's umask is.
            try path.setPermissions(mode)
            guard unsafe utimensat(AT_FDCWD, path.string, nil, 0) == 0 else {
                throw FilesystemError("set the times of", path, .last)
            }
            return Memory(path, lock)
        }
    }

    private func directory(of kind: MemoryKind) -> FilePath { directory.appending(kind.rawValue) }

    private static func lock(of path: FilePath) -> FilePath { FilePath(path.string + ".lock") }

    func memoryEntries(
        using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> [(path: FilePath, used: Double, entry: Entry)] {
        var found: [(FilePath, Double, Entry)] = []
        for kind in MemoryKind.allCases {
            guard let opened = try? Directory.open(directory(of: kind)),
                let names = try? opened.names().map(\.string).sorted()
            else { continue }
            for case let name? in names.map({ FilePath.Component($0) }) {
                guard let status = try? opened.status(of: name), status.kind == .directory else { continue }
                let (path, used) = (opened.path.appending(name), Double(status.modified) / 1e9)
                found.append((path, used, try entry("\(kind.rawValue) \(name)", path, measured: path, used, workers)))
            }
        }
        return found
    }

    /// Deletes those that were not used since `limit`, in seconds since the epoch, unless a build is using them.
    func pruneMemories(
        notUsedSince limit: Double, dryRun: Bool, using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> [Entry] {
        var pruned: [Entry] = []
        for found in try memoryEntries(using: workers) where found.used <= limit {
            let lock = Self.lock(of: found.path)
            guard let name = found.path.lastComponent,
                let held = try? FileLock.acquire(lock, .exclusive, wait: false)
            else { continue }
            pruned.append(found.entry)
            if !dryRun {
                let place = found.path.removingLastComponent()
                _ = try workers.perform(.remove(.init(directory: place.string, name: name.string)))
                _ = unsafe unlink(lock.string)
            }
            withExtendedLifetime(held.rawValue) {}
        }
        return pruned
    }
}
