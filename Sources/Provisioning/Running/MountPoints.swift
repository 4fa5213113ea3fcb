// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import Sandbox
internal import SystemPackage

/// Mount points that runs create in a tree and that are not part of it.
///
/// The journal, a file beside the tree, lists them. Every run that mounts something in the tree holds a shared lock on
/// it; the last run, or the next command if that was killed, deletes those that are still empty.
struct MountPoints: ~Copyable {
    static let journal: FilePath.Component = "mountpoints"

    private let tree: FilePath
    private let lock: FileLock

    private init(tree: FilePath, lock: consuming FileLock) {
        self.tree = tree
        self.lock = lock
    }

    /// Calls `body`, which performs `plan` in `tree`, and afterwards deletes the mount points made for it.
    static func around<Result>(
        _ tree: FilePath, in directory: FilePath, for plan: SandboxPlan, using workers: some NamespacePerforming,
        _ body: () throws(ProvisioningError) -> Result
    ) throws(ProvisioningError) -> Result {
        let mountPoints = try below { () throws(FilesystemError) in try enter(tree, in: directory, for: plan) }
        let result: Result
        do throws(ProvisioningError) {
            result = try body()
        } catch {
            mountPoints?.leave(using: workers)
            throw error
        }
        mountPoints?.leave(using: workers)
        return result
    }

    /// Records the mount points that `plan` will create in `tree`, whose journal is in `directory`.
    ///
    /// nil if it creates none, or if nothing can be created anyway.
    static func enter(
        _ tree: FilePath, in directory: FilePath, for plan: SandboxPlan
    ) throws(FilesystemError) -> MountPoints? {
        let (own, bound) = targets(of: plan)
        guard case .tree = plan.root, !own.isEmpty || !bound.isEmpty else { return nil }
        let journal = directory.appending(Self.journal)
        // A tree has those of every run, as a rule. If it does not, a run that continues may have created them: whether
        // there is a journal has to be asked after that.
        let isComplete = try own.map { target throws(FilesystemError) in try missing(target, in: tree) }
            .allSatisfy(\.isEmpty)
        if bound.isEmpty, isComplete, try Directory.open(directory).status(of: Self.journal) == nil { return nil }
        let lock: FileLock
        do throws(FilesystemError) {
            // An exclusive holder is sweeping, and soon done.
            lock = try FileLock.acquire(journal, .shared, wait: true)
        } catch let error where [.permissionDenied, .readOnlyFileSystem].contains(error.errno) {
            return nil
        }
        // Under the lock: another run's mount points may not exist yet, or no longer.
        var bytes: [UInt8] = []
        for target in own + bound {
            for path in try missing(target, in: tree) { bytes += path.bytes + [0] }
        }
        if !bytes.isEmpty {
            try OwnedDescriptor.open(journal, .writeOnly, options: .append).write(bytes, to: journal)
        }
        return MountPoints(tree: tree, lock: lock)
    }

    /// Deletes them, unless another run continues and does so later.
    consuming func leave(using workers: some NamespacePerforming) {
        if lock.upgrade() { Self.delete(in: tree, journal: lock.path, using: workers) }
    }

    /// Deletes mount points left by killed runs in `tree`. Does nothing during a run.
    static func sweep(_ tree: FilePath, in directory: FilePath, using workers: some NamespacePerforming) {
        let journal = directory.appending(Self.journal)
        guard let status = try? Directory.open(directory).status(of: Self.journal), status.kind == .regular,
            let lock = try? FileLock.acquire(journal, .exclusive, wait: false)
        else { return }
        delete(in: tree, journal: journal, using: workers)
        withExtendedLifetime(lock.rawValue) {}
    }

    private static func delete(in tree: FilePath, journal: FilePath, using workers: some NamespacePerforming) {
        guard let bytes = try? journal.readFile() else { return }
        let paths = Set(bytes.split(separator: 0).map { FilePath(bytes: $0) })
        let left = removeEmpty(paths, in: tree)
        if !left.isEmpty {
            // They are in directories of subordinate ids. Whatever remains afterwards is in use.
            _ = try? workers.perform(.removeEmpty(tree: tree.string, paths: left.map(\.string)))
        }
        try? Directory.open(journal.removingLastComponent()).unlink(Self.journal)
    }

    /// Deletes those of `paths`, absolute ones in `tree`, that are empty directories or files. Returns those that this
    /// process may not delete.
    static func removeEmpty(_ paths: some Collection<FilePath>, in tree: FilePath) -> [FilePath] {
        var forbidden: [FilePath] = []
        // The deepest first.
        for path in paths.sorted(by: { $0.components.count > $1.components.count }) {
            guard let name = path.lastComponent else { continue }
            do throws(FilesystemError) {
                var parent = try Directory.open(tree)
                for name in path.removingLastComponent().components { parent = try parent.openDirectory(name) }
                let status = try parent.status(of: name)
                if status?.kind == .directory { try parent.removeDirectory(name) }
                if status?.kind == .regular, status?.size == 0 { try parent.unlink(name) }
            } catch {
                if [.permissionDenied, .notPermitted].contains(error.errno) { forbidden.append(path) }
            }
        }
        return forbidden
    }

    /// Where `plan` mounts something in the tree, and not in another mount: file systems of the run's own, as /proc and
    /// /run, and files and directories of the host.
    private static func targets(of plan: SandboxPlan) -> (own: [FilePath], bound: [FilePath]) {
        let all = plan.steps.compactMap { step -> FilePath? in
            switch step {
            case .tmpfs(let target, _), .proc(let target), .sysfs(let target): target
            default: nil
            }
        }
        let own = all.filter { target in !all.contains { $0 != target && target.starts(with: $0) } }
        let bound = plan.steps.compactMap { step -> FilePath? in
            guard case .bind(_, let target, _, _) = step, !own.contains(where: { target.starts(with: $0) })
            else { return nil }
            return target
        }
        return (own, bound)
    }

    /// `target` and those of its ancestors that do not exist in the tree, topmost first. Behind a symbolic link, or in a
    /// directory that this process may not look into, nothing is looked for.
    private static func missing(_ target: FilePath, in tree: FilePath) throws(FilesystemError) -> [FilePath] {
        var directory = try Directory.open(tree)
        var path: FilePath = "/"
        var rest = Array(target.components)
        do throws(FilesystemError) {
            while let name = rest.first {
                guard let status = try directory.status(of: name) else { break }
                guard status.kind == .directory else { return [] }
                directory = try directory.openDirectory(name)
                path.append(name)
                rest.removeFirst()
            }
        } catch let error where error.errno == .permissionDenied {
            return []
        }
        return rest.map { name in
            path.append(name)
            return path
        }
    }
}

extension FilePath {
    /// As the kernel has it: names need not be UTF-8.
    fileprivate var bytes: [UInt8] {
        unsafe withPlatformString { text in
            unsafe UnsafeRawBufferPointer(start: text, count: strlen(text)).map { $0 }
        }
    }

    fileprivate init(bytes: ArraySlice<UInt8>) {
        unsafe self.init(platformString: bytes.map { CChar(bitPattern: $0) } + [0])
    }
}
