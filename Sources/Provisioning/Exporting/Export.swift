// SPDX-License-Identifier: Apache-2.0

package import Extraction
internal import Filesystem
internal import Glibc
package import SystemPackage

/// A root written as an archive: like the base it came from, without mangrove's files.
package struct Export: Sendable {
    package let root: RootRecord
    /// nil: standard output.
    package let file: FilePath?
    package let compression: TreeArchive.Compression
    private let store: RootStore
    /// What is written before it has its name.
    package let temporary: FilePath?
    /// Of a reproducible one, in seconds since 1970: no time in it is later.
    package var newestTime: Int64?
    /// Whether it can be used with chroot(1): with device nodes, which only root can unpack.
    package var isForChroot = false

    package init(
        _ name: String, of store: RootStore, to file: FilePath?, compression: TreeArchive.Compression
    ) throws(ProvisioningError) {
        root = try store.find(name)
        if let file { try below { () throws(FilesystemError) in try Self.requireReplaceable(file) } }
        self.store = store
        self.file = file
        self.compression = compression
        temporary = file.flatMap { Self.temporary(for: $0) }
    }

    /// What is written before it becomes `file`: beside it.
    static func temporary(for file: FilePath) -> FilePath? {
        file.lastComponent.flatMap { FilePath.Component(".\($0.string).\(getpid()).new") }
            .map { file.removingLastComponent().appending($0) }
    }

    /// Gives `temporary`, which is on the disk, the name `file`.
    static func publish(_ temporary: FilePath, as file: FilePath) throws(FilesystemError) {
        guard let from = temporary.lastComponent, let to = file.lastComponent else { return }
        let parent = file.removingLastComponent()
        let directory = try Directory.open(parent.isEmpty ? "." : parent)
        try directory.rename(from, to: to)
        try directory.synchronize()
    }

    /// Makes the archive the same for roots made from the same files, whenever and by whomever. `sourceDate`, in
    /// seconds since 1970, replaces the newest time of the root's sources.
    package mutating func makeReproducible(sourceDate: Int64?) throws(ProvisioningError) {
        newestTime = try root.newestTime(sourceDate)
    }

    /// Requires a regular file or nothing: a device, a pipe or a directory would be lost.
    static func requireReplaceable(_ file: FilePath) throws(FilesystemError) {
        var found = stat()
        let exists = unsafe file.withPlatformString { unsafe stat($0, &found) } == 0
        let kind = exists ? FileStatus(found).kind : .regular
        guard kind == .regular else { throw FilesystemError("replace", file, .fileExists, found: kind) }
        guard file.lastComponent?.kind == .regular else { throw FilesystemError("replace", file, .isDirectory) }
    }

    /// Writes it; the file has its name only when it is complete and on the disk.
    package func perform(
        using workers: some NamespacePerforming, progress: @escaping @Sendable (Int64) -> Void
    ) throws(ProvisioningError) -> TreeArchive.Report {
        let tree = FilePath(root.path)
        MountPoints.sweep(tree, in: store.path(of: root.name), using: workers)
        let lock = try store.lock(root.name, .shared)
        defer { withExtendedLifetime(lock.rawValue) {} }
        guard let file, let temporary else {
            return try write(to: STDOUT_FILENO, tree, using: workers, progress)
        }
        do throws(ProvisioningError) {
            let output = try below { () throws(FilesystemError) in
                try OwnedDescriptor.open(temporary, .writeOnly, options: [.create, .exclusiveCreate])
            }
            // By descriptor, because others who may write to that directory could put another file there.
            let report = try write(to: output.rawValue, tree, using: workers, progress)
            try below { () throws(FilesystemError) in
                try output.synchronize(temporary)
                try Self.publish(temporary, as: file)
            }
            return report
        } catch {
            _ = unsafe unlink(temporary.string)
            throw error
        }
    }

    private func write(
        to output: CInt, _ tree: FilePath, using workers: some NamespacePerforming,
        _ progress: @escaping @Sendable (Int64) -> Void
    ) throws(ProvisioningError) -> TreeArchive.Report {
        let originals = try root.originals(in: tree)
        var packing = WorkerRequest.Packing(
            tree: tree.string, output: output, name: file?.string ?? "standard output", compression: compression,
            originals: originals, newestTime: newestTime)
        packing.isForChroot = isForChroot
        let reply = try workers.perform(.export(packing), progress: progress)
        guard case .exported(let report) = reply else { throw ProvisioningError(.worker("unexpected reply")) }
        return report
    }
}

extension RootRecord {
    /// No time in a reproducible export is later, in seconds since 1970. `sourceDate`: what the user says.
    func newestTime(_ sourceDate: Int64?) throws(ProvisioningError) -> Int64 {
        guard let date = sourceDate ?? sourceDateSeconds else { throw ProvisioningError(.noSourceDate(name)) }
        return date
    }

    private var sourceDateSeconds: Int64? { sourceDate.flatMap { RecordTime.seconds($0) } }

    /// The base's originals of the files that mangrove wrote, if those still exist.
    func originals(in tree: FilePath) throws(ProvisioningError) -> [String: OriginalFile] {
        var originals: [String: OriginalFile] = [:]
        try below { () throws(FilesystemError) in
            let tree = try Directory.open(tree)
            if try ResolvConf.isOwn(in: tree) { originals["etc/resolv.conf"] = resolvConf }
            // A run that made one did not change the record.
            if try EtcHosts.isOwn(in: tree) { originals["etc/hosts"] = hosts ?? .absent }
        }
        return originals
    }
}
