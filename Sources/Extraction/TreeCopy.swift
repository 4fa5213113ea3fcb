// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import CLinux
package import Filesystem
internal import Glibc
package import SystemPackage

/// Copies a tree within the kernel: contents share blocks where the file system can, holes stay holes, files with several
/// names stay one file. Owners, modes, extended attributes and times to the nanosecond are copied, too.
///
/// Neither a link nor a mount leads out of either tree, whoever works in the source meanwhile. Device nodes, sockets and
/// what is mounted are left out, and so is the copy where it lies in the source.
package struct TreeCopy: Sendable {
    private let ownership: ExtractionPolicy.Ownership
    private let refusesForeign: Bool
    private let shift: OwnerShift

    /// `refusesForeign`: a file of a user that has no id in this user namespace is an error; else it may become nobody's.
    package init(
        ownership: ExtractionPolicy.Ownership, refusesForeign: Bool = false, shift: OwnerShift = OwnerShift()
    ) {
        self.ownership = ownership
        self.refusesForeign = refusesForeign
        self.shift = shift
    }

    /// More threads than that would only wait for each other.
    private static let threadLimit = 8

    /// Copies what is in `source` into `target`, an empty directory that nobody else works in. `progress` gets the bytes of
    /// file contents copied so far, on other threads, one at a time.
    @discardableResult
    package func copy(
        _ source: FilePath, into target: borrowing Directory, progress: @escaping @Sendable (Int64) -> Void
    ) throws(ExtractionError) -> ExtractionReport {
        let name = source.string
        let from = try Self.onFile(name) { () throws(FilesystemError) in try Directory.open(source).release() }
        let to = try Self.onFile(name) { () throws(FilesystemError) in
            try OwnedDescriptor.duplicating(target.rawValue, of: target.path)
        }
        let (status, own) = (try Self.status(from, name), try Self.status(to, name))
        let rules = CopyRules(
            archive: name, ownership: ownership, refusesForeign: refusesForeign, shift: shift,
            device: Self.tellsMountsApart(from) ? nil : status.st_dev,
            target: .init(device: own.st_dev, inode: own.st_ino), inheritsGroup: own.st_mode & S_ISGID != 0)
        let top = CopiedDirectory(CopiedPair(source: from, target: to), EntryName(components: []))
        let queue = CopyQueue(progress)
        // One that no thread uses: the umask is not its own.
        let files = CopiedFiles(rules, queue, hasOwnUmask: false)
        queue.note(
            top.name, files.values(status, shift.attributes(extendedAttributes(of: top.source.rawValue))))
        queue.count(status)
        queue.add([.init(parent: top, name: nil)])
        do throws(Errno) {
            let processors = sysconf(CInt(_SC_NPROCESSORS_ONLN))
            try Self.run(CopyWork(rules: rules, queue: queue), threads: max(1, min(Self.threadLimit, processors)))
        } catch {
            throw ExtractionError(name, .stream(error))
        }
        if let failure = queue.failure { throw failure }
        try files.finish(top.target.rawValue)
        return queue.report
    }

    /// Whether `mg_open_within_mount` does.
    private static func tellsMountsApart(_ directory: borrowing OwnedDescriptor) -> Bool {
        let opened = unsafe mg_openat2(directory.rawValue, ".", mg_open_path | O_CLOEXEC, mg_resolve_no_xdev)
        if opened >= 0 { _ = close(opened) }
        return opened >= 0
    }

    private static func run(_ work: CopyWork, threads: Int) throws(Errno) {
        let thread = try WorkerThread { work.run() }
        // With fewer it only takes longer.
        if threads > 1 { try? run(work, threads: threads - 1) }
        thread.join()
    }

    static func onFile<Result: ~Copyable>(
        _ name: String, _ body: () throws(FilesystemError) -> Result
    ) throws(ExtractionError) -> Result {
        do throws(FilesystemError) {
            return try body()
        } catch {
            throw ExtractionError(name, .file(operation: error.operation, path: "/", error.errno))
        }
    }

    private static func status(
        _ directory: borrowing OwnedDescriptor, _ name: String
    ) throws(ExtractionError) -> stat {
        var status = stat()
        guard unsafe fstat(directory.rawValue, &status) == 0 else {
            throw ExtractionError(name, .file(operation: "examine", path: "/", .last))
        }
        return status
    }
}
