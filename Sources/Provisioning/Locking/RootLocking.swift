// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Filesystem
internal import SystemPackage

extension RootStore {
    /// The lock file of a root: what it was made of.
    package func lockFile(of root: RootRecord) throws(ProvisioningError) -> LockFile {
        let path = path(of: root.name).appending(LockFile.name)
        let bytes: [UInt8]
        do throws(FilesystemError) {
            bytes = try path.readFile(limit: 64 << 20)
        } catch let error where error.errno == .noSuchFileOrDirectory {
            if let image = root.image { throw ProvisioningError(.noLockOfImage(root.name, image)) }
            if RootOrigin.read(in: self.path(of: root.name))?.kind == .directory {
                throw ProvisioningError(.noLockOfDirectory(root.name))
            }
            throw ProvisioningError(.noLock(root.name, installed: root.packages))
        } catch {
            throw ProvisioningError(error)
        }
        return try LockFile(parsing: bytes, at: path)
    }

    /// The packages that differ between a root from an archive and `lock`: sorted names.
    package func changes(of root: RootRecord, since lock: LockFile) -> [String] {
        guard let packages = lock.packages,
            let installed = try? InstalledPackages(of: Directory.open(FilePath(root.path)))
        else { return [] }
        var locked: [String: String] = [:]
        for package in packages { locked[package.name] = package.version }
        return Set(installed.names).union(locked.keys).filter { installed[$0]?.version != locked[$0] }.sorted()
    }
}
