// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
internal import SystemPackage

/// Tools trees as part of the cache.
extension Cache {
    /// The tools trees, which are used as their manifests say.
    func toolsEntries(using workers: some NamespacePerforming) throws(ProvisioningError) -> [(
        RootRecord, Entry, Double
    )] {
        let store = ToolsTrees(self).store
        return try store.list().records.map { record throws(ProvisioningError) in
            let status = try? Directory.open(store.path(of: record.name)).status(of: ToolsTrees.manifest)
            let used = Double(status?.modified ?? 0) / 1e9
            guard case .measured(let usage) = try workers.perform(.measure(path: record.path)) else {
                throw ProvisioningError(.worker("unexpected reply"))
            }
            let entry = Entry(
                name: "tools tree \(record.name)", path: store.path(of: record.name).string, size: usage.bytes,
                used: Date(timeIntervalSince1970: used).formatted(.iso8601), shared: usage.shared)
            return (record, entry, used)
        }
    }

    /// Deletes those that were not used since `limit`, in seconds since the epoch, but for those of `roots`, and those that a
    /// newer one has taken the place of, unless somebody is using them.
    func pruneTools(
        notUsedSince limit: Double, but roots: [RootRecord], dryRun: Bool, using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> [Entry] {
        let trees = ToolsTrees(self)
        var wanted: Set<RootName> = []
        for subject in roots.compactMap({ ToolsTrees.Subject($0) }) {
            if let name = try trees.newest(of: subject) { wanted.insert(name) }
        }
        let store = trees.store
        var pruned: [Entry] = []
        for (record, entry, used) in try toolsEntries(using: workers)
        where used <= limit && !wanted.contains(record.name) || trees.isSuperseded(record.name) {
            guard (try? store.requireRemovable(record.name.description)) != nil else { continue }
            pruned.append(entry)
            if !dryRun { try store.remove(record.name.description, using: workers) }
        }
        return pruned
    }
}
