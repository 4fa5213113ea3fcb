// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import SystemPackage

/// This process's claim to replace a root by another generation. Runs continue and start meanwhile; no other process
/// changes, replaces or removes the root.
package struct RootChange: ~Copyable, Sendable {
    static let file: FilePath.Component = "change.lock"

    /// What is there now.
    package let record: RootRecord
    private let change: FileLock
    /// A shared lock, as runs have it, against exclusive use of the root.
    private let use: FileLock

    init(_ record: RootRecord, change: consuming FileLock, use: consuming FileLock) {
        self.record = record
        self.change = change
        self.use = use
    }
}

extension RootStore {
    /// Begins one. Never waits.
    package func beginChange(_ name: String) throws(ProvisioningError) -> RootChange {
        while true {
            let known = try find(name)
            let change = try lockChange(in: path(of: known.name), of: known.name)
            let held = try hold(name)
            let record = held.record
            let use = held.takeLock()
            // The previous holder of the lock may have exchanged the directory.
            if change.isNamed { return RootChange(record, change: change, use: use) }
        }
    }

    /// The lock that `RootChange` is, in the directory of one generation.
    func lockChange(in directory: FilePath, of name: RootName) throws(ProvisioningError) -> FileLock {
        do throws(FilesystemError) {
            return try FileLock.acquire(directory.appending(RootChange.file), .exclusive, wait: false)
        } catch let error where error.errno == .resourceTemporarilyUnavailable {
            throw ProvisioningError(.rootInUse(name, by: "another mangrove is changing it"))
        } catch {
            throw ProvisioningError(error)
        }
    }
}
