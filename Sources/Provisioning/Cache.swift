// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
package import SystemPackage

/// Files that can be downloaded or made again: base tarballs, each named after its digest or, if none is published,
/// after the URL's; files from archives; tools trees; what builds leave for later builds.
package struct Cache: Sendable {
    package let directory: FilePath

    package init(_ directory: FilePath) {
        self.directory = directory
    }

    /// A file, and what it is.
    package struct Entry: Codable, Equatable, Sendable {
        /// Its original name.
        package let name: String
        package let path: String
        /// In bytes, as allocated.
        package let size: Int64
        /// When it was used last. RFC 3339, in UTC.
        package let used: String
        /// What deleting it would free: less than `size` if others share some of its files. In bytes.
        package var frees: Int64

        package init(name: String, path: String, size: Int64, used: String, shared: Int64 = 0) {
            (self.name, self.path, self.size, self.used) = (name, path, size, used)
            frees = size - shared
        }
    }

    /// What is pruned.
    package struct Pruning: Sendable {
        /// Entries not used for this many days.
        package var olderThan: Int?
        /// The least recently used entries, until the rest takes at most this many bytes.
        package var maximumSize: Int64?
        /// Roots whose tools trees stay, whenever they were last used.
        package var roots: [RootRecord] = []

        package init(olderThan: Int? = nil, maximumSize: Int64? = nil) {
            (self.olderThan, self.maximumSize) = (olderThan, maximumSize)
        }
    }

    /// Creates the cache's directory if missing; for its owner alone, because it contains trees.
    func make() throws(FilesystemError) { try directory.makeDirectories(mode: 0o700) }

    /// Where base tarballs are.
    package var bases: FilePath { directory.appending("bases") }

    /// Where indices and packages of archives are.
    package var archives: FilePath { directory.appending("archives") }

    /// Where container images are.
    package var images: FilePath { directory.appending("images") }

    /// Where lists and Release files are.
    package var documents: FilePath { directory.appending("documents") }

    /// The logs of roots that failed, by name.
    package var logs: FilePath { directory.appending("logs") }

    /// Beside a base: what it is.
    struct Label: Codable, Equatable {
        var name: String
        var url: String
        var etag: String?
        var lastModified: String?
    }

    static let labelSuffix = ".json"

    /// Every base, unfinished downloads included, by name; then files from archives, as a whole; then tools trees.
    package func entries(using workers: some NamespacePerforming) throws(ProvisioningError) -> [Entry] {
        try below { () throws(FilesystemError) in
            try read().map(\.entry).sorted { ($0.name, $0.path) < ($1.name, $1.path) } + poolEntries()
        } + toolsEntries(using: workers).map(\.1) + layerEntries(using: workers).map(\.entry)
            + memoryEntries(using: workers).map(\.entry)
    }

    /// Deletes what `pruning` selects, everything by default, and returns it. Entries being downloaded or used stay.
    package func prune(
        _ pruning: Pruning, dryRun: Bool, using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> [Entry] {
        let limit = try limit(of: pruning, using: workers)
        return try below { () throws(FilesystemError) in
            var pruned: [Entry] = []
            for item in try read() where Double(item.modified) / 1e9 <= limit {
                // Held by the process that is downloading it.
                guard
                    let lock = try? FileLock.acquire(
                        bases.appending(".\(item.base).lock"), .exclusive, wait: false)
                else { continue }
                pruned.append(item.entry)
                if !dryRun { try delete(item.base) }
                withExtendedLifetime(lock.rawValue) {}
            }
            return try pruned + prunePools(notUsedSince: limit * 1e9, dryRun: dryRun)
                + pruneImages(notUsedSince: limit * 1e9, dryRun: dryRun)
        } + pruneTools(notUsedSince: limit, but: pruning.roots, dryRun: dryRun, using: workers)
            + pruneLayers(notUsedSince: limit, dryRun: dryRun, using: workers)
            + pruneMemories(notUsedSince: limit, dryRun: dryRun, using: workers)
    }

    /// What was used no later than this, in seconds since 1970, is pruned.
    private func limit(
        of pruning: Pruning, using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> Double {
        let now = Date().timeIntervalSince1970
        var limit = pruning.olderThan.map { now - Double($0) * 86_400 } ?? (pruning.maximumSize == nil ? now : 0)
        guard let maximum = pruning.maximumSize else { return limit }
        var rest = try below { () throws(FilesystemError) in
            try read().map { (used: Double($0.modified) / 1e9, size: $0.entry.size) } + poolUses()
        }
        rest += try toolsEntries(using: workers).map { (used: $0.2, size: $0.1.frees) }
        rest += try layerEntries(using: workers).map { (used: $0.used, size: $0.entry.frees) }
        rest += try memoryEntries(using: workers).map { (used: $0.used, size: $0.entry.frees) }
        var sum: Int64 = 0
        for each in rest.sorted(by: { $0.used > $1.used }) {
            sum += each.size
            if sum > maximum { limit = max(limit, each.used) }
        }
        return limit
    }

    private struct Item {
        /// The file's name when it is complete.
        let base: String
        let modified: Int64
        let entry: Entry
    }

    private func read() throws(FilesystemError) -> [Item] {
        let directory: Directory
        do throws(FilesystemError) {
            directory = try Directory.open(bases)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return [] }
            throw error
        }
        var items: [Item] = []
        for file in try directory.names() where !file.string.hasSuffix(Self.labelSuffix) {
            var base = file.string
            let isPartial = base.hasPrefix(".") && base.hasSuffix(".partial")
            guard isPartial || !base.hasPrefix(".") else { continue }
            if isPartial { base = String(base.dropFirst().dropLast(8)) }
            guard let status = try directory.status(of: file) else { continue }
            let name = label(of: base, in: directory)?.name ?? base
            items.append(
                Item(
                    base: base, modified: status.modified,
                    entry: Entry(
                        name: isPartial ? name + " (unfinished)" : name, path: bases.appending(file).string,
                        size: status.allocated,
                        used: Date(timeIntervalSince1970: Double(status.modified) / 1e9).formatted(.iso8601))))
        }
        return items
    }

    func label(of base: String, in directory: borrowing Directory) -> Label? {
        guard let name = FilePath.Component(base + Self.labelSuffix), let bytes = try? directory.readFile(name)
        else { return nil }
        return try? JSONDecoder().decode(Label.self, from: Data(bytes))
    }

    func write(_ label: Label, of base: String) throws(FilesystemError) {
        let data = (try? JSONEncoder().encode(label)) ?? Data()
        try AtomicFile.write(Array(data), to: bases.appending(base + Self.labelSuffix))
    }

    /// The base, what is beside it, and its lock last.
    func delete(_ base: String) throws(FilesystemError) {
        let directory = try Directory.open(bases)
        for name in [base, base + Self.labelSuffix, ".\(base).partial", ".\(base).origin", ".\(base).lock"] {
            guard let component = FilePath.Component(name) else { continue }
            do throws(FilesystemError) {
                try directory.unlink(component)
            } catch {
                if error.errno != .noSuchFileOrDirectory { throw error }
            }
        }
    }
}
