// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
internal import Glibc
package import SystemPackage

/// Layers, and the builds kept with `--keep`, as part of the cache.
extension Cache {
    var layers: RootStore { RootStore(directory.appending("layers")) }
    var builds: FilePath { directory.appending("builds") }

    /// The prefix of the directory of a kept build.
    package static var keptBuildPrefix: String { "kept-" }

    /// Marks a layer as used, so that it is not pruned. `directory`: the root's own, `RootStore.path(of:)`.
    package static func noteUse(ofLayer directory: FilePath) {
        _ = unsafe utimensat(AT_FDCWD, directory.appending(RootStore.record).string, nil, 0)
    }

    func layerEntries(
        using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> [(layer: RootName?, directory: FilePath, used: Double, entry: Entry)] {
        let store = layers
        var found: [(RootName?, FilePath, Double, Entry)] = []
        for record in try store.list().records {
            let directory = store.path(of: record.name)
            let status = try? Directory.open(directory).status(of: RootStore.record)
            let used = Double(status?.modified ?? 0) / 1e9
            let entry = try entry("layer \(record.name)", directory, measured: FilePath(record.path), used, workers)
            found.append((record.name, directory, used, entry))
        }
        for name in ((try? Directory.open(builds).names()) ?? []).sorted(by: { $0.string < $1.string })
        where name.string.hasPrefix(Self.keptBuildPrefix) {
            let directory = builds.appending(name)
            let status = try? Directory.open(builds).status(of: name)
            let used = Double(status?.modified ?? 0) / 1e9
            let entry = try entry("build \(name)", directory, measured: directory, used, workers)
            found.append((nil, directory, used, entry))
        }
        return found
    }

    func entry(
        _ name: String, _ directory: FilePath, measured path: FilePath, _ used: Double,
        _ workers: some NamespacePerforming
    ) throws(ProvisioningError) -> Entry {
        guard case .measured(let usage) = try workers.perform(.measure(path: path.string)) else {
            throw ProvisioningError(.worker("unexpected reply"))
        }
        return Entry(
            name: name, path: directory.string, size: usage.bytes,
            used: Date(timeIntervalSince1970: used).formatted(.iso8601), shared: usage.shared)
    }

    /// Deletes layers not used since `limit`, in seconds since the epoch, unless a build is using them.
    func pruneLayers(
        notUsedSince limit: Double, dryRun: Bool, using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> [Entry] {
        let store = layers
        var pruned: [Entry] = []
        for found in try layerEntries(using: workers) where found.used <= limit {
            if let layer = found.layer {
                guard (try? store.requireRemovable(layer.description)) != nil else { continue }
                if !dryRun { try store.remove(layer.description, using: workers) }
            } else if !dryRun, let name = found.directory.lastComponent {
                _ = try workers.perform(.remove(.init(directory: builds.string, name: name.string)))
            }
            pruned.append(found.entry)
        }
        return pruned
    }
}
