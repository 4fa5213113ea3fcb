// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
package import SystemPackage

/// A root under construction: a directory beside the roots that no command lists.
///
/// Its creator holds its lock; one without a holder was left by a process that died, and is swept.
package struct Staging: ~Copyable, Sendable {
    package let name: RootName
    /// Where the tree is to be made: an empty directory of this process's own.
    package let tree: FilePath
    /// Where it will be.
    package let destination: FilePath
    let store: RootStore
    let component: FilePath.Component
    let replaces: Bool
    let outside: OutsideTree?
    private let held: LockedDirectory

    /// For a child process that works on the tree: the staging is not swept before the child ends.
    package var lockDescriptor: CInt { held.lock.rawValue }

    /// Lets others use the new root.
    func shareLock() { held.lock.share() }

    /// What will be the root's own directory.
    var directory: FilePath { store.directory.appending(component) }

    /// Deletes what was made.
    package consuming func discard(using workers: some NamespacePerforming) throws(ProvisioningError) {
        try store.discard(component, of: name, using: workers)
    }

    fileprivate init(
        _ name: RootName, in store: RootStore, _ directory: consuming LockedDirectory, _ outside: OutsideTree?,
        replaces: Bool
    ) {
        // Do not use the value under construction in a closure, `??` included: in optimised builds (Swift 6.3) a part
        // of it was then released once too often.
        let component = directory.name
        if let outside {
            tree = FilePath(outside.staged)
            destination = FilePath(outside.path)
        } else {
            tree = store.directory.appending(component).appending(RootStore.tree)
            destination = store.path(of: name).appending(RootStore.tree)
        }
        self.name = name
        self.store = store
        self.component = component
        self.outside = outside
        self.replaces = replaces
        held = directory
    }
}

/// A directory of the store, and the lock that shows its owner is alive.
struct LockedDirectory: ~Copyable {
    let name: FilePath.Component
    let lock: FileLock
}

extension RootStore {
    static let stagingPrefix = ".staging-"

    /// A place for a new root called `name`; its tree will be at `path` (absolute) where that is given.
    ///
    /// It is an error if a root of that name exists, unless it is to be replaced, or if `path` is anything but an empty
    /// directory.
    package func stage(
        _ name: RootName, at path: FilePath? = nil, replacing: Bool = false
    ) throws(ProvisioningError) -> Staging {
        let old = try existing(name)
        if old != nil, !replacing { throw ProvisioningError(.nameInUse(name)) }
        // Programs in a root may be setuid and outdated: other users must not have access, as in /var/lib/machines.
        try below { () throws(FilesystemError) in
            try directory.makeDirectories(mode: 0o700)
            try Directory.open(directory).spreadSubdirectories()
        }
        let place = try path.map { path throws(ProvisioningError) in try admit(path, for: name, old: old) }
        let staging = try makeStaging()
        let component = staging.name
        do throws(FilesystemError) {
            let made = try Directory.open(directory).openDirectory(component)
            guard let place else {
                try made.makeDirectory(Self.tree)
                return Staging(name, in: self, staging, nil, replaces: replacing)
            }
            let outside = try makeOutside(place, in: made, component)
            return Staging(name, in: self, staging, outside, replaces: replacing)
        } catch {
            try? discard(component, of: name, using: DirectPerformer())
            throw ProvisioningError(error)
        }
    }

    /// Requires that this name is free.
    func requireFree(_ name: RootName, replacing: Bool) throws(ProvisioningError) {
        guard let old = try existing(name) else { return }
        guard replacing else { throw ProvisioningError(.nameInUse(name)) }
        _ = try requireRemovable(old.name.description)
    }

    /// The record of a root that may not exist.
    private func existing(_ name: RootName) throws(ProvisioningError) -> RootRecord? {
        do throws(ProvisioningError) {
            return try read(name)
        } catch {
            if case .noSuchRoot = error.kind { return nil }
            throw error
        }
    }

    /// A new, locked directory.
    func makeStaging() throws(ProvisioningError) -> LockedDirectory {
        while true {
            let text = Self.stagingPrefix + String(UInt64.random(in: .min ... .max), radix: 16)
            guard let name = FilePath.Component(text) else { continue }
            do throws(FilesystemError) {
                // Whatever the mode of the store: nobody else is to execute the setuid programs of the tree.
                try Directory.open(directory).makeDirectory(name, mode: 0o700)
                let path = directory.appending(name).appending(Self.lock)
                return LockedDirectory(name: name, lock: try FileLock.acquire(path, .exclusive, wait: false))
            } catch let error
                where [.fileExists, .noSuchFileOrDirectory, .resourceTemporarilyUnavailable].contains(error.errno)
            {
                // Taken, or swept by another process before it was locked.
                continue
            } catch {
                throw ProvisioningError(error)
            }
        }
    }

    /// Checks the place of an outside tree: not near the roots, and still empty. Resolved.
    private func admit(
        _ path: FilePath, for name: RootName, old: RootRecord?
    ) throws(ProvisioningError) -> FilePath {
        func refuse(_ reason: String) -> ProvisioningError {
            ProvisioningError(.unusableDirectory(path, reason: reason))
        }
        let clean = path.lexicallyNormalized()
        guard clean.isAbsolute, let last = clean.lastComponent else { throw refuse("expected a path with a name") }
        func requireOwn(_ parent: FilePath) throws(ProvisioningError) {
            let above = try below { () throws(FilesystemError) in try PathAbove(of: parent) }
            if let weakness = above.weakness() {
                throw ProvisioningError(.openDirectory(path, reason: weakness.reason))
            }
        }
        // Before anything is made there, and again with the result.
        try requireOwn(try below { () throws(FilesystemError) in try clean.nearestAbove() })
        let place = try below { () throws(FilesystemError) -> FilePath in
            try clean.removingLastComponent().makeDirectories()
            let parent = try clean.removingLastComponent().resolved()
            // A link to a directory is that directory.
            guard try Directory.open(parent).status(of: last)?.kind == .symbolicLink else {
                return parent.appending(last)
            }
            return try clean.resolved()
        }
        try requireOwn(place.removingLastComponent())
        let roots = try below { () throws(FilesystemError) in try directory.resolved() }
        guard !place.starts(with: roots), !roots.starts(with: place) else {
            throw refuse("mangrove keeps its roots there")
        }
        guard
            let status = try below({ () throws(FilesystemError) in
                try Directory.open(place.removingLastComponent()).status(of: last)
            })
        else { return place }
        guard status.kind == .directory else { throw refuse("it is not a directory") }
        // Do not trust the record: the replaced tree is deleted.
        let isReplaced = try below { () throws(FilesystemError) in
            old == nil ? false : try OutsideTree.read(in: try Directory.open(self.path(of: name)))?.isAt(place) == true
        }
        if isReplaced { return place }
        let (isEmpty, isMountPoint) = try below { () throws(FilesystemError) in
            let parent = try Directory.open(place.removingLastComponent()).status()
            return (try Directory.open(place).names().isEmpty, parent.device != status.device)
        }
        guard isEmpty else { throw ProvisioningError(.directoryNotEmpty(path)) }
        guard !isMountPoint else { throw refuse("a file system is mounted there; choose a directory in it") }
        return place
    }

    /// The directory beside `place` where the tree is made, recorded before and after.
    private func makeOutside(
        _ place: FilePath, in made: borrowing Directory, _ component: FilePath.Component
    ) throws(FilesystemError) -> OutsideTree {
        let parent = try Directory.open(place.removingLastComponent())
        let suffix = component.string.dropFirst(Self.stagingPrefix.count)
        guard let beside = FilePath.Component(".mangrove-\(suffix)") else {
            throw FilesystemError("create directory", place, .invalidArgument)
        }
        var outside = OutsideTree(path: place.string, staged: parent.path.appending(beside).string, identity: nil)
        try outside.write(in: made)
        try parent.makeDirectory(beside, mode: 0o700)
        outside.identity = try parent.openDirectory(beside).identity()
        try outside.write(in: made)
        return outside
    }
}
