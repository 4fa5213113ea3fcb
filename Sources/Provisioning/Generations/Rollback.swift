// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import SystemPackage

/// Makes an earlier generation current again.
package struct Rollback: Sendable {
    package let from: RootRecord
    package let to: RootRecord
    private let component: FilePath.Component
    private let store: RootStore

    /// `number`: nil: the generation before the one that is there.
    package init(_ name: String, to number: Int?, in store: RootStore) throws(ProvisioningError) {
        let current = try store.find(name)
        let kept = try store.keptGenerations(of: current.name)
        let target = kept.first { kept in
            if let number { kept.record.generation == number } else { kept.record.generation < current.generation }
        }
        guard let target else {
            throw ProvisioningError(
                .noSuchGeneration(
                    current.name, number, current: current.generation, kept: kept.map(\.record.generation)))
        }
        (from, to, component, self.store) = (current, target.record, target.component, store)
    }

    /// Exchanges the two. Runs that go on stay where they are.
    package func perform() throws(ProvisioningError) {
        let change = try store.beginChange(from.name.description)
        guard change.record.generation == from.generation else {
            throw ProvisioningError(.rootInUse(from.name, by: "another mangrove has just changed it"))
        }
        let other = try store.lockChange(in: store.directory.appending(component), of: from.name)
        // Before the exchange: a refresh would otherwise make the rejected generation again.
        try reject()
        try store.exchange(component, with: change)
        try store.file(component, generation: from.generation, of: from.name)
        withExtendedLifetime(other.rawValue) {}
    }

    private func reject() throws(ProvisioningError) {
        let directory = store.directory.appending(component)
        guard to.generation < from.generation, var origin = RootOrigin.read(in: directory),
            let newer = RootOrigin.read(in: store.path(of: from.name))
        else { return }
        origin.rejected = .init(generation: from.generation, indices: newer.indices)
        try below { () throws(FilesystemError) in try origin.write(in: directory) }
    }
}

extension RootStore {
    /// Exchanges `component` and a root atomically; an outside tree is exchanged first, and `sweep` undoes that if
    /// nothing else happened.
    func exchange(_ component: FilePath.Component, with change: borrowing RootChange) throws(ProvisioningError) {
        let name = change.record.name
        try below { () throws(FilesystemError) in
            let roots = try Directory.open(directory)
            let current = try roots.openDirectory(try name.component)
            if let next = try OutsideTree.read(in: try roots.openDirectory(component)),
                var old = try OutsideTree.read(in: current)
            {
                let path = FilePath(next.path)
                guard let from = FilePath(next.staged).lastComponent, let to = path.lastComponent else { return }
                // Its tree is about to have the name that the other one has now.
                old.staged = next.staged
                try old.write(in: current)
                let parent = try Directory.open(path.removingLastComponent())
                try parent.exchange(from, with: to)
                try parent.synchronize()
            }
            try roots.exchange(component, with: try name.component)
            try roots.synchronize()
        }
    }
}
