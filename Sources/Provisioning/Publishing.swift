// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import SystemPackage

extension Staging {
    /// Writes the record, flushes everything to disk, and publishes the root atomically.
    ///
    /// The root that it replaces is deleted afterwards. After an error the name still refers to the old root; `discard`
    /// the new one.
    package func publish(
        _ record: RootRecord, using workers: some NamespacePerforming
    ) throws(ProvisioningError) {
        var record = record
        record.path = destination.string
        let bytes = record.encoded()
        guard bytes.count <= RootRecord.limit else {
            throw ProvisioningError(
                .notASystem(record.source, reason: "its record exceeds 16 MiB"))
        }
        try below { () throws(FilesystemError) in
            try open().replaceFile(RootStore.record, with: bytes)
            try Directory.open(tree).synchronizeFileSystem()
        }
        do throws(ProvisioningError) {
            guard replaces else { return try publishNew() }
            let lock = try store.lock(name, .exclusive)
            try publishOver(try store.read(name), using: workers)
            withExtendedLifetime(lock.rawValue) {}
        } catch {
            guard replaces, case .noSuchRoot = error.kind else { throw error }
            // Removed meanwhile.
            try publishNew()
        }
    }

    /// The same, but keeps the replaced root as an earlier generation; runs in it continue, and new ones start
    /// meanwhile.
    package func publish(_ record: RootRecord, after change: borrowing RootChange) throws(ProvisioningError) {
        let old = change.record
        var record = record
        record.path = destination.string
        record.generation = try store.nextGeneration(after: old)
        record.replaced = old.generation
        try below { () throws(FilesystemError) in
            try open().replaceFile(RootStore.record, with: record.encoded())
            try Directory.open(tree).synchronizeFileSystem()
        }
        let own = try store.lockChange(in: directory, of: name)
        // Runs use it from the exchange on.
        shareLock()
        try store.exchange(component, with: change)
        try store.file(component, generation: old.generation, of: name)
        withExtendedLifetime(own.rawValue) {}
    }

    private func open() throws(FilesystemError) -> Directory {
        try Directory.open(store.directory).openDirectory(component)
    }

    private func publishNew() throws(ProvisioningError) {
        do throws(FilesystemError) {
            if let outside { try moveOutside(outside, over: false) }
            let roots = try Directory.open(store.directory)
            try roots.rename(component, to: try name.component)
            try roots.synchronize()
        } catch let error where [.fileExists, .directoryNotEmpty, .notDirectory].contains(error.errno) {
            throw ProvisioningError(.nameInUse(name))
        } catch {
            throw ProvisioningError(error)
        }
    }

    private func publishOver(
        _ old: RootRecord, using workers: some NamespacePerforming
    ) throws(ProvisioningError) {
        try store.requireIdle(old)
        try store.requireIdleGenerations(of: name)
        try store.requireOwnTree(old)
        try below { () throws(FilesystemError) in
            let roots = try Directory.open(store.directory)
            if let outside {
                let oldDirectory = try roots.openDirectory(try name.component)
                let oldOutside = try OutsideTree.read(in: oldDirectory)
                let isSamePlace = oldOutside?.path == outside.path
                // Its tree is about to have the name that this one has now.
                if isSamePlace, var replaced = oldOutside {
                    replaced.staged = outside.staged
                    try replaced.write(in: oldDirectory)
                }
                try moveOutside(outside, over: isSamePlace)
            }
            try roots.exchange(component, with: try name.component)
            try roots.synchronize()
        }
        // What has the staging's name now is the old root.
        try store.discard(component, of: name, using: workers)
        try store.discardGenerations(of: name, using: workers)
    }

    private func moveOutside(_ outside: OutsideTree, over: Bool) throws(FilesystemError) {
        let staged = FilePath(outside.staged)
        let path = FilePath(outside.path)
        guard let from = staged.lastComponent, let to = path.lastComponent else { return }
        let parent = try Directory.open(path.removingLastComponent())
        if over, try parent.status(of: to) != nil {
            try parent.exchange(from, with: to)
        } else {
            try parent.rename(from, to: to)
        }
        try parent.synchronize()
    }
}

extension RootName {
    var component: FilePath.Component {
        get throws(FilesystemError) {
            guard let component = FilePath.Component(description) else {
                throw FilesystemError("find", FilePath(description), .invalidArgument)
            }
            return component
        }
    }
}
