// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Filesystem
internal import SystemPackage

/// Earlier states of roots that were refreshed or rolled back: `roots/.generation-NUMBER-NAME`, a directory with the
/// same contents as `roots/NAME`.
///
/// A refresh makes the new generation in a staging directory, exchanges the two directories, and then renames the old
/// one. If it is killed in between, the old one keeps the name of the staging: `sweep` identifies it by `replaced` in
/// the current record.
extension RootStore {
    private static let generationPrefix = ".generation-"

    /// A generation that is kept.
    struct Generation {
        let component: FilePath.Component
        let name: RootName
        let record: RootRecord
    }

    static func component(ofGeneration number: Int, of name: RootName) throws(FilesystemError) -> FilePath.Component {
        guard let component = FilePath.Component("\(generationPrefix)\(number)-\(name)") else {
            throw FilesystemError("find", FilePath(name.description), .invalidArgument)
        }
        return component
    }

    private static func parse(_ component: FilePath.Component) -> (number: Int, name: RootName)? {
        guard component.string.hasPrefix(generationPrefix) else { return nil }
        let rest = component.string.dropFirst(generationPrefix.count)
        guard let dash = rest.firstIndex(of: "-"), let number = Int(rest[..<dash]),
            let name = try? RootName(String(rest[rest.index(after: dash)...]))
        else { return nil }
        return (number, name)
    }

    /// The generations of `name` that are kept and whole, the newest first; of every root where it is nil.
    func keptGenerations(of name: RootName? = nil) throws(ProvisioningError) -> [Generation] {
        try everyGeneration().filter { (name == nil || $0.name == name) && $0.record.removedInPart != true }
            .sorted { $0.record.generation > $1.record.generation }
    }

    /// Includes those being deleted, or left half deleted.
    private func everyGeneration() throws(ProvisioningError) -> [Generation] {
        guard let components = try? Directory.open(directory).names() else { return [] }
        var found: [Generation] = []
        for component in components {
            guard let parts = Self.parse(component), let record = record(in: component), record.name == parts.name
            else { continue }
            found.append(Generation(component: component, name: parts.name, record: record))
        }
        return found
    }

    /// The records of the generations of `name` that are kept, the newest first.
    package func generations(of name: RootName) throws(ProvisioningError) -> [RootRecord] {
        try keptGenerations(of: name).map(\.record)
    }

    /// The number that the next generation of the root gets.
    func nextGeneration(after current: RootRecord) throws(ProvisioningError) -> Int {
        try keptGenerations(of: current.name).reduce(current.generation) { max($0, $1.record.generation) } + 1
    }

    /// The record in the store's directory `component`; nil if none can be read.
    private func record(in component: FilePath.Component) -> RootRecord? {
        let path = directory.appending(component).appending(Self.record)
        guard let bytes = try? path.readFile(limit: RootRecord.limit) else { return nil }
        return try? RootRecord(parsing: bytes, at: path)
    }

    /// Renames the directory of an exchanged generation, unless that has been done.
    func file(_ component: FilePath.Component, generation: Int, of name: RootName) throws(ProvisioningError) {
        try below { () throws(FilesystemError) in
            let roots = try Directory.open(directory)
            let place = try Self.component(ofGeneration: generation, of: name)
            guard component != place, try roots.status(of: component) != nil else { return }
            try roots.rename(component, to: place)
            try roots.synchronize()
        }
    }

    /// Keeps `component`, which has the name of a staging, where it is the generation that the current one has replaced.
    func settle(_ component: FilePath.Component) throws(ProvisioningError) -> Bool {
        guard let old = record(in: component), let current = try? read(old.name), current.replaced == old.generation,
            old.removedInPart != true
        else { return false }
        try file(component, generation: old.generation, of: old.name)
        return true
    }

    /// Renames generations after a killed rollback, and deletes those of roots that no longer exist.
    func sweepGenerations(using workers: some NamespacePerforming) throws(ProvisioningError) {
        for generation in try everyGeneration() {
            guard let lock = try? lockGeneration(generation.component, .changeFile) else { continue }
            let isRootThere = (try? Directory.open(directory).status(of: generation.name.component)) != nil
            if isRootThere, generation.record.removedInPart != true {
                try below { () throws(FilesystemError) in
                    let own = try Directory.open(directory).openDirectory(generation.component)
                    _ = try OutsideTree.read(in: own)?.locate()
                }
                try file(generation.component, generation: generation.record.generation, of: generation.name)
            } else {
                do throws(ProvisioningError) {
                    try discardGeneration(generation, using: workers)
                } catch let error where error.status == .tryAgain {
                    // Another process is handling it, or a run still uses it.
                }
            }
            withExtendedLifetime(lock.rawValue) {}
        }
        try sweepRemains(using: workers)
    }

    /// Generations of which the record is gone already.
    private func sweepRemains(using workers: some NamespacePerforming) throws(ProvisioningError) {
        for component in (try? Directory.open(directory).names()) ?? []
        where Self.parse(component) != nil && record(in: component) == nil {
            guard let lock = try? lockGeneration(component, .useFile) else { continue }
            try discard(component, of: nil, using: workers)
            withExtendedLifetime(lock.rawValue) {}
        }
    }

    /// Deletes all generations of a root but the newest `count`, and those that a run is still in. Returns how many.
    package func pruneGenerations(
        of name: RootName, keeping count: Int, using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> Int {
        var deleted = 0
        let replaced = try read(name).replaced
        // The previous generation is the most valuable, whatever its number: a later one may have been rolled back
        // from.
        let kept = try keptGenerations(of: name)
        let ordered =
            kept.filter { $0.record.generation == replaced } + kept.filter { $0.record.generation != replaced }
        for generation in ordered.dropFirst(count) {
            do throws(ProvisioningError) {
                try discardGeneration(generation, using: workers)
                deleted += 1
            } catch {
                guard [.tryAgain, .cannotCreate].contains(error.status) else { throw error }
            }
        }
        return deleted
    }

    /// Requires that the generations of `name` can be deleted.
    func requireIdleGenerations(of name: RootName) throws(ProvisioningError) {
        for generation in try keptGenerations(of: name) { _ = try lockGeneration(generation.component, .useFile) }
    }

    private func discardGeneration(
        _ generation: Generation, using workers: some NamespacePerforming
    ) throws(ProvisioningError) {
        let path = directory.appending(generation.component)
        BackgroundWork.stop(in: path, tree: path.appending(Self.tree))
        let lock = try lockGeneration(generation.component, .useFile)
        // Before anything is deleted: a rollback must not treat an incomplete generation as whole.
        try mark(generation.component, of: generation.record)
        try discard(generation.component, of: generation.name, using: workers)
        withExtendedLifetime(lock.rawValue) {}
    }

    private enum LockedFile {
        /// What runs lock.
        case useFile
        /// What refreshes lock.
        case changeFile
    }

    private func lockGeneration(
        _ component: FilePath.Component, _ file: LockedFile
    ) throws(ProvisioningError) -> FileLock {
        let name = file == .useFile ? Self.lock : RootChange.file
        do throws(FilesystemError) {
            return try FileLock.acquire(directory.appending(component).appending(name), .exclusive, wait: false)
        } catch let error where error.errno == .resourceTemporarilyUnavailable {
            guard let parts = Self.parse(component) else { throw ProvisioningError(error) }
            throw ProvisioningError(.rootInUse(parts.name, by: "a run still uses generation \(parts.number)"))
        } catch {
            throw ProvisioningError(error)
        }
    }

    /// Deletes every generation of `name`.
    func discardGenerations(of name: RootName, using workers: some NamespacePerforming) throws(ProvisioningError) {
        for generation in try keptGenerations(of: name) { try discardGeneration(generation, using: workers) }
    }
}
