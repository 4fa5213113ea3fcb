// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// A root in use: its record, lock and tree belong to the same generation.
struct HeldRoot: ~Copyable {
    let record: RootRecord
    let lock: FileLock
    /// The tree's inode; nil where there is no tree.
    let inode: UInt64?

    /// Transfers the lock to the caller.
    consuming func takeLock() -> FileLock { lock }
}

extension RootStore {
    /// Finds a root and locks it for use. Never waits.
    ///
    /// A refresh may exchange the whole directory at any moment: what is read counts only if the locked file still has
    /// its name afterwards.
    func hold(_ name: String) throws(ProvisioningError) -> HeldRoot {
        while true {
            let known = try find(name)
            let lock = try lock(known, .shared)
            let record = try read(known.name)
            guard record.removedInPart != true else { throw ProvisioningError(.remainsOnly(record.name)) }
            var status = stat()
            let inode = unsafe stat(record.path, &status) == 0 ? UInt64(status.st_ino) : nil
            if lock.isNamed { return HeldRoot(record: record, lock: lock, inode: inode) }
        }
    }
}
