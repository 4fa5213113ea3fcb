// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
package import SystemPackage

extension RootStore {
    /// Deletes a root: its record and its tree, and nothing else.
    ///
    /// Refused while something runs in it or is mounted in it. From the first change on the root is no longer listed;
    /// leftovers of a process that dies are swept later. If something cannot be deleted, the rest of the root gets its
    /// name back, cannot be used, and the next call removes it.
    package func remove(_ name: String, using workers: some NamespacePerforming) throws(ProvisioningError) {
        let root = try find(name)
        let lock = try lock(root.name, .exclusive)
        try requireIdle(root)
        try requireIdleGenerations(of: root.name)
        try requireOwnTree(root)
        let component = try hide(root.name)
        var isMarked = false
        do throws(ProvisioningError) {
            // Before anything is deleted: an unmarked root would be treated as whole.
            try mark(component, of: root)
            isMarked = true
            try discard(component, of: root.name, using: workers)
            try discardGenerations(of: root.name, using: workers)
        } catch {
            // That may be gone by now, too.
            if isMarked { try? mark(component, of: root) }
            restore(component, root.name)
            throw isMarked ? ProvisioningError(.removedInPart(root.name, because: error)) : error
        }
        withExtendedLifetime(lock.rawValue) {}
    }

    /// Marks a root as incomplete.
    func mark(_ component: FilePath.Component, of root: RootRecord) throws(ProvisioningError) {
        var root = root
        root.removedInPart = true
        try below { () throws(FilesystemError) in
            try Directory.open(directory).openDirectory(component).replaceFile(Self.record, with: root.encoded())
        }
    }

    /// Gives the rest of a root its name back. If that fails, it is swept later.
    private func restore(_ component: FilePath.Component, _ name: RootName) {
        guard let roots = try? Directory.open(directory), let name = try? name.component else { return }
        try? roots.rename(component, to: name)
        try? roots.synchronize()
    }

    /// Deletes the root of that name, even with a damaged record, unless it is in use.
    func removeUnused(_ name: RootName, using workers: some NamespacePerforming) throws(ProvisioningError) {
        let lock = try below { () throws(FilesystemError) in
            try FileLock.acquire(path(of: name).appending(Self.lock), .exclusive, wait: false)
        }
        try discard(try hide(name), of: name, using: workers)
        withExtendedLifetime(lock.rawValue) {}
    }

    /// Renames a root out of the way. Returns its directory's new name.
    private func hide(_ name: RootName) throws(ProvisioningError) -> FilePath.Component {
        try below { () throws(FilesystemError) in
            let text = Self.stagingPrefix + String(UInt64.random(in: .min ... .max), radix: 16)
            guard let component = FilePath.Component(text) else {
                throw FilesystemError("rename", directory, .invalidArgument)
            }
            let roots = try Directory.open(directory)
            // A link is not renamed: its target is not deleted.
            _ = try roots.openDirectory(try name.component)
            try roots.rename(try name.component, to: component)
            try roots.synchronize()
            return component
        }
    }

    /// Requires that `remove` would be accepted.
    package func requireRemovable(_ name: String) throws(ProvisioningError) -> RootRecord {
        let root = try find(name)
        _ = try lock(root.name, .exclusive)
        try requireIdle(root)
        try requireIdleGenerations(of: root.name)
        try requireOwnTree(root)
        return root
    }

    /// Deletes leftovers of processes that died while making, removing or using a root; failures do not stop it.
    package func sweep(using workers: some NamespacePerforming) -> [ProvisioningError] {
        guard let found = try? Directory.open(directory).names() else { return [] }
        for root in (try? list().records) ?? [] {
            MountPoints.sweep(FilePath(root.path), in: path(of: root.name), using: workers)
        }
        var failures: [ProvisioningError] = []
        for component in found where component.string.hasPrefix(Self.stagingPrefix) {
            guard
                let lock = try? FileLock.acquire(
                    directory.appending(component).appending(Self.lock), .exclusive, wait: false)
            else { continue }
            do throws(ProvisioningError) {
                if try !settle(component) { try discard(component, of: nil, using: workers) }
            } catch {
                failures.append(error)
            }
            withExtendedLifetime(lock.rawValue) {}
        }
        do throws(ProvisioningError) { try sweepGenerations(using: workers) } catch { failures.append(error) }
        return failures
    }

    /// The leftovers that `sweep` would look at, live ones included.
    package func stagings() -> [FilePath] {
        let found = (try? Directory.open(directory).names()) ?? []
        return found.filter { $0.string.hasPrefix(Self.stagingPrefix) }.map { directory.appending($0) }
    }

    /// Deletes the directory of a root that has no name any more, and its tree wherever that lies.
    func discard(
        _ component: FilePath.Component, of name: RootName?, using workers: some NamespacePerforming
    ) throws(ProvisioningError) {
        let path = directory.appending(component)
        let (outside, place) = try below { () throws(FilesystemError) -> (OutsideTree?, FilePath?) in
            let outside = try OutsideTree.read(in: try Directory.open(directory).openDirectory(component))
            return (outside, try outside?.locate())
        }
        try requireNoMounts(under: [path] + (place.map { [$0] } ?? []), name)
        if let outside, let place, let last = place.lastComponent {
            let parent = place.removingLastComponent()
            if let identity = outside.identity {
                _ = try workers.perform(
                    .remove(.init(directory: parent.string, name: last.string, only: identity)))
            } else {
                // There is no record of its identity, so nothing has been put into it.
                try? Directory.open(parent).removeDirectory(last)
            }
        }
        _ = try workers.perform(.remove(.init(directory: path.string, name: Self.tree.string)))
        try below { () throws(FilesystemError) in try Directory.open(directory).removeTree(component) }
    }

    /// Requires that no process has its root or working directory in the tree, and that nothing is mounted there.
    func requireIdle(_ root: RootRecord) throws(ProvisioningError) {
        let tree = FilePath(root.path)
        try requireNoMounts(under: [path(of: root.name), tree], root.name)
        if let occupant = try below({ () throws(FilesystemError) in try Occupant.first(in: tree) }) {
            throw ProvisioningError(.rootInUse(root.name, by: occupant.description))
        }
    }

    private func requireNoMounts(under paths: [FilePath], _ name: RootName?) throws(ProvisioningError) {
        let mount = try below { () throws(FilesystemError) -> Mount? in
            let table = try MountTable.current()
            return paths.lazy.compactMap { try? $0.resolved() }.flatMap { table.mounts(under: $0) }.first
        }
        if let mount { throw ProvisioningError(.mountInside(name, mount)) }
    }

    /// An outside tree must still be the one that was made: nothing else there is ours to delete.
    func requireOwnTree(_ root: RootRecord) throws(ProvisioningError) {
        let isOwn = try below { () throws(FilesystemError) -> Bool in
            guard let outside = try OutsideTree.read(in: try Directory.open(path(of: root.name))) else { return true }
            let found = try FilePath(outside.path).directoryIdentity()
            return found == nil || found == outside.identity
        }
        guard isOwn else { throw ProvisioningError(.foreignTree(root.name, FilePath(root.path))) }
    }
}
