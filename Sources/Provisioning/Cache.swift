// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
package import SystemPackage

/// What was downloaded or made and can be again: base tarballs, each a file named after its digest, or, where nobody
/// publishes one, after the URL's; what archives gave; tools trees; what builds leave for later ones.
package struct Cache: Sendable {
    package let directory: FilePath

    package init(_ directory: FilePath) {
        self.directory = directory
    }

    /// A file, and what it is.
    package struct Entry: Codable, Equatable, Sendable {
        /// What it is called where it came from.
        package let name: String
        package let path: String
        /// In bytes, as allocated.
        package let size: Int64
        /// When it was used last. RFC 3339, in UTC.
        package let used: String
    }

    /// Makes the cache's directory where there is none; for its owner alone, as there are trees in it.
    func make() throws(FilesystemError) { try directory.makeDirectories(mode: 0o700) }

    /// Where base tarballs are.
    package var bases: FilePath { directory.appending("bases") }

    /// Where indices and packages of archives are.
    package var archives: FilePath { directory.appending("archives") }

    /// Where lists and Release files are.
    package var documents: FilePath { directory.appending("documents") }

    /// What was said while a root was made that did not come about, by its name.
    package var logs: FilePath { directory.appending("logs") }

    /// Beside a base: what it is.
    struct Label: Codable, Equatable {
        var name: String
        var url: String
        var etag: String?
        var lastModified: String?
    }

    static let labelSuffix = ".json"

    /// Every base there is, those of unfinished downloads included, by name; then what archives gave, as a whole; then
    /// the tools trees.
    package func entries(using workers: some NamespacePerforming) throws(ProvisioningError) -> [Entry] {
        try below { () throws(FilesystemError) in
            try read().map(\.entry).sorted { ($0.name, $0.path) < ($1.name, $1.path) } + poolEntries()
        } + toolsEntries(using: workers).map(\.1) + layerEntries(using: workers).map(\.entry)
            + memoryEntries(using: workers).map(\.entry)
    }

    /// Deletes what was not used for `days` days, and returns it. What is being downloaded stays.
    package func prune(
        olderThan days: Int, dryRun: Bool, using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> [Entry] {
        let limit = Date().timeIntervalSince1970 - Double(days) * 86_400
        return try below { () throws(FilesystemError) in
            var pruned: [Entry] = []
            for item in try read() where Double(item.modified) / 1e9 <= limit {
                // Held by whoever is downloading it.
                guard
                    let lock = try? FileLock.acquire(
                        bases.appending(".\(item.base).lock"), .exclusive, wait: false)
                else { continue }
                pruned.append(item.entry)
                if !dryRun { try delete(item.base) }
                withExtendedLifetime(lock.rawValue) {}
            }
            return try pruned + prunePools(notUsedSince: limit * 1e9, dryRun: dryRun)
        } + pruneTools(notUsedSince: limit, dryRun: dryRun, using: workers)
            + pruneLayers(notUsedSince: limit, dryRun: dryRun, using: workers)
            + pruneMemories(notUsedSince: limit, dryRun: dryRun, using: workers)
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
