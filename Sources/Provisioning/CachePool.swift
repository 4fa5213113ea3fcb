// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Filesystem
internal import FoundationEssentials
internal import Images
internal import SystemPackage

/// A directory of the cache that is listed as a whole, because its files have no meaningful names.
struct CachePool {
    let directory: FilePath
    /// The title for one of its files, and for several.
    let title: (one: String, several: String)

    /// nil where there is nothing.
    func entry() throws(FilesystemError) -> Cache.Entry? {
        total(of: try files())
    }

    /// Deletes files not used since `limit`, in nanoseconds since 1970; what that was, as a whole.
    func prune(notUsedSince limit: Double, dryRun: Bool) throws(FilesystemError) -> Cache.Entry? {
        let old = try files().filter { Double($0.status.modified) <= limit }
        if !dryRun, !old.isEmpty {
            let directory = try Directory.open(directory)
            for file in old { try directory.unlink(file.name) }
        }
        return total(of: old)
    }

    /// When each file was used last, in seconds since 1970, and its size.
    func uses() throws(FilesystemError) -> [(used: Double, size: Int64)] {
        try files().map { (Double($0.status.modified) / 1e9, $0.status.allocated) }
    }

    private func files() throws(FilesystemError) -> [(name: FilePath.Component, status: FileStatus)] {
        let directory: Directory
        do throws(FilesystemError) {
            directory = try Directory.open(self.directory)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return [] }
            throw error
        }
        var found: [(FilePath.Component, FileStatus)] = []
        for name in try directory.names() {
            if let status = try directory.status(of: name), status.kind == .regular { found.append((name, status)) }
        }
        return found
    }

    private func total(of files: [(name: FilePath.Component, status: FileStatus)]) -> Cache.Entry? {
        guard let last = files.map(\.status.modified).max() else { return nil }
        return Cache.Entry(
            name: counted(files.count, title.one, plural: title.several), path: directory.string,
            size: files.reduce(0) { $0 + $1.status.allocated },
            used: Date(timeIntervalSince1970: Double(last) / 1e9).formatted(.iso8601))
    }
}

extension Cache {
    private var pools: [CachePool] {
        [
            CachePool(
                directory: archives.appending("packages"), title: ("package of an archive", "packages of archives")),
            CachePool(directory: archives.appending("indices"), title: ("index of an archive", "indices of archives")),
            CachePool(directory: documents, title: ("list of bases or suites", "lists of bases and suites")),
            CachePool(directory: logs, title: ("log of a root that failed", "logs of roots that failed")),
        ]
    }

    private var imagePools: [CachePool] {
        let store = ImageStore(images, environment: [:])
        return [
            CachePool(directory: store.pool, title: ("blob of an image", "blobs of images")),
            CachePool(directory: store.names, title: ("name of an image", "names of images")),
        ]
    }

    /// Does nothing while an image is being fetched or unpacked.
    func pruneImages(notUsedSince limit: Double, dryRun: Bool) throws(FilesystemError) -> [Entry] {
        guard let lock = try ImageStore(images, environment: [:]).hold() else { return [] }
        var pruned: [Entry] = []
        for pool in imagePools {
            if let entry = try pool.prune(notUsedSince: limit, dryRun: dryRun) { pruned.append(entry) }
        }
        withExtendedLifetime(lock.rawValue) {}
        return pruned
    }

    func poolEntries() throws(FilesystemError) -> [Entry] {
        var found: [Entry] = []
        for pool in pools + imagePools {
            if let entry = try pool.entry() { found.append(entry) }
        }
        return found
    }

    func poolUses() throws(FilesystemError) -> [(used: Double, size: Int64)] {
        var found: [(used: Double, size: Int64)] = []
        for pool in pools + imagePools { found += try pool.uses() }
        return found
    }

    /// Does nothing while roots are being made of what is there.
    func prunePools(notUsedSince limit: Double, dryRun: Bool) throws(FilesystemError) -> [Entry] {
        guard (try? Directory.open(archives)) != nil || (try? Directory.open(logs)) != nil else { return [] }
        try archives.makeDirectories()
        let lock: FileLock
        do throws(FilesystemError) {
            lock = try FileLock.acquire(archives.appending("lock"), .exclusive, wait: false)
        } catch {
            if error.errno == .resourceTemporarilyUnavailable { return [] }
            throw error
        }
        var pruned: [Entry] = []
        for pool in pools {
            if let entry = try pool.prune(notUsedSince: limit, dryRun: dryRun) { pruned.append(entry) }
        }
        withExtendedLifetime(lock.rawValue) {}
        return pruned
    }

    /// Keeps files from archives from being pruned while the lock exists.
    func useArchives() throws(FilesystemError) -> FileLock {
        try archives.makeDirectories()
        return try FileLock.acquire(archives.appending("lock"), .shared, wait: true)
    }
}
