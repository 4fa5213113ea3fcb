// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import Synchronization
package import SystemPackage

/// The roots on disk.
///
/// `roots/NAME/` holds `root.json`, `rootfs/` and `lock`. The name exists only when the root is ready: a root is made
/// under another name and renamed (`Staging`).
package struct RootStore: Sendable {
    package let directory: FilePath

    package init(_ directory: FilePath) {
        self.directory = directory
    }

    /// A file's name in a root's directory.
    static let record: FilePath.Component = "root.json"
    static let tree: FilePath.Component = "rootfs"
    static let lock: FilePath.Component = "lock"

    /// Every root, by name. An unreadable record does not hide others: it is listed in `damaged`.
    package func list() throws(ProvisioningError) -> (records: [RootRecord], damaged: [ProvisioningError]) {
        var records: [RootRecord] = []
        var damaged: [ProvisioningError] = []
        for name in try names() {
            do throws(ProvisioningError) {
                records.append(try read(name))
            } catch {
                // Removed since the names were read: not an error, and not a root.
                if case .noSuchRoot = error.kind { continue }
                damaged.append(error)
            }
        }
        return (records, damaged)
    }

    /// The root called `name`.
    package func find(_ name: String) throws(ProvisioningError) -> RootRecord {
        guard RootName.isValid(name) else {
            throw ProvisioningError(.noSuchRoot(name, known: try names().map(\.description)))
        }
        return try read(try RootName(name))
    }

    /// The names of the roots there are, sorted.
    package func names() throws(ProvisioningError) -> [RootName] {
        do throws(FilesystemError) {
            let names = try Directory.open(directory).names().compactMap { try? RootName($0.string) }
            return names.sorted { $0.description < $1.description }
        } catch let error where error.errno == .noSuchFileOrDirectory {
            return []
        } catch {
            throw ProvisioningError(error)
        }
    }

    /// Locks a root: shared to use it, exclusive to change it. Never waits; background work is ended.
    package func lock(_ name: RootName, _ kind: FileLock.Kind) throws(ProvisioningError) -> FileLock {
        try lock(read(name), kind)
    }

    /// The same, with the record just read.
    func lock(_ record: RootRecord, _ kind: FileLock.Kind) throws(ProvisioningError) -> FileLock {
        let name = record.name
        guard kind == .exclusive || record.removedInPart != true else {
            throw ProvisioningError(.remainsOnly(name))
        }
        if kind == .exclusive { BackgroundWork.stop(in: path(of: name), tree: FilePath(record.path)) }
        do throws(FilesystemError) {
            return try FileLock.acquire(path(of: name).appending(Self.lock), kind, wait: false)
        } catch let error where error.errno == .resourceTemporarilyUnavailable {
            throw ProvisioningError(.rootInUse(name, by: nil))
        } catch let error where error.errno == .noSuchFileOrDirectory {
            throw ProvisioningError(.noSuchRoot(name.description, known: try names().map(\.description)))
        } catch {
            throw ProvisioningError(error)
        }
    }

    /// The directory that holds everything of a root.
    package func path(of name: RootName) -> FilePath {
        directory.appending(name.description)
    }

    /// A run reads its root's record several times, and parsing takes longer than reading.
    private static let lastRead = Mutex<(path: FilePath, bytes: [UInt8], record: RootRecord)?>(nil)

    func read(_ name: RootName) throws(ProvisioningError) -> RootRecord {
        let path = path(of: name).appending(Self.record)
        let bytes: [UInt8]
        do throws(FilesystemError) {
            bytes = try path.readFile(limit: RootRecord.limit)
        } catch let error where error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory {
            throw ProvisioningError(.noSuchRoot(name.description, known: try names().map(\.description)))
        } catch {
            throw ProvisioningError(error)
        }
        if let known = Self.lastRead.withLock({ $0?.path == path && $0?.bytes == bytes ? $0?.record : nil }) {
            return known
        }
        let record = try RootRecord(parsing: bytes, at: path)
        guard record.name == name else {
            throw ProvisioningError(.damagedRecord(path, reason: "it belongs to \"\(record.name)\""))
        }
        Self.lastRead.withLock { $0 = (path, bytes, record) }
        return record
    }
}
