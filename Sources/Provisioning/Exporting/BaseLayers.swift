// SPDX-License-Identifier: Apache-2.0

internal import Images
internal import SystemPackage

/// The temporary tree of a root's image layers, to compare the root with.
final class BaseLayers {
    let tree: FilePath
    private let component: FilePath.Component
    private let name: RootName
    private let store: RootStore

    init(
        _ root: RootRecord, _ store: RootStore, _ image: StoredImage, using workers: some NamespacePerforming
    ) throws(ProvisioningError) {
        let staging = try store.stage(root.name, replacing: true)
        (tree, component, name, self.store) = (staging.tree, staging.component, root.name, store)
        do throws(ProvisioningError) {
            _ = try workers.perform(.layer(.init(image, ownership: root.ownership, tree: staging.tree)))
        } catch {
            try? staging.discard(using: workers)
            throw error
        }
    }

    func discard(using workers: some NamespacePerforming) {
        try? store.discard(component, of: name, using: workers)
    }
}
