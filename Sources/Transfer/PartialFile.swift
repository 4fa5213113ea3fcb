// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// A download in progress, beside its destination `NAME`: the bytes so far (`.NAME.partial`), which version of which
/// file they are from (`.NAME.origin`), and the lock of the downloading process (`.NAME.lock`).
///
/// The origin is written before the first byte and deleted before the bytes of another version replace the old:
/// whatever moment a process dies at, bytes with an origin beside them are that version's.
struct PartialFile: Sendable {
    let destination: FilePath
    let parent: FilePath
    let name: FilePath.Component
    private let partialName: FilePath.Component
    private let originName: FilePath.Component
    private let lockName: FilePath.Component

    init(destination: FilePath) throws(FilesystemError) {
        guard let name = destination.lastComponent, name.kind == .regular,
            let partialName = FilePath.Component(".\(name.string).partial"),
            let originName = FilePath.Component(".\(name.string).origin"),
            let lockName = FilePath.Component(".\(name.string).lock")
        else { throw FilesystemError("write", destination, .isDirectory) }
        self.destination = destination
        let parent = destination.removingLastComponent()
        self.parent = parent.isEmpty ? "." : parent
        self.name = name
        self.partialName = partialName
        self.originName = originName
        self.lockName = lockName
    }

    /// nil: another process is downloading it.
    func lock() throws(FilesystemError) -> FileLock? {
        do throws(FilesystemError) {
            return try FileLock.acquire(parent.appending(lockName), .exclusive, wait: false)
        } catch let error where error.errno == .resourceTemporarilyUnavailable {
            return nil
        }
    }

    func unlock(_ lock: consuming FileLock) {
        // While it is held: a lock file that is another's is never deleted.
        if let directory = try? Directory.open(parent) { try? directory.unlink(lockName) }
    }

    /// What is at the destination.
    func existing() throws(FilesystemError) -> FileStatus? {
        try Directory.open(parent).status(of: name)
    }

    /// An earlier attempt's partial file that can be continued: its origin and size.
    func resumable() throws(FilesystemError) -> (origin: Origin, bytes: Int64)? {
        let directory = try Directory.open(parent)
        guard let status = try directory.status(of: partialName), status.kind == .regular, status.size > 0,
            let bytes = try directory.readFile(originName, limit: 64 << 10), let origin = Origin(parsing: bytes)
        else { return nil }
        return (origin, status.size)
    }

    /// An empty file for the bytes of `origin`; one without validators is not recorded, as it cannot be continued.
    func begin(_ origin: Origin) throws(FilesystemError) -> OwnedDescriptor {
        let directory = try Directory.open(parent)
        try directory.unlinkIfPresent(originName)
        let file = try directory.openFile(partialName, flags: O_WRONLY | O_CREAT | O_TRUNC)
        if !origin.validators.isEmpty {
            let record = try directory.openFile(originName, flags: O_WRONLY | O_CREAT | O_TRUNC)
            try record.write(origin.bytes, to: parent.appending(originName))
        }
        return file
    }

    /// The file so far, to be added to.
    func resume() throws(FilesystemError) -> OwnedDescriptor {
        try Directory.open(parent).openFile(partialName, flags: O_WRONLY | O_APPEND)
    }

    /// Forgets what came so far.
    func discard() throws(FilesystemError) {
        let directory = try Directory.open(parent)
        try directory.unlinkIfPresent(originName)
        try directory.unlinkIfPresent(partialName)
    }

    /// Puts the whole file in its place.
    func complete(synchronizes: Bool) throws(FilesystemError) {
        let directory = try Directory.open(parent)
        if synchronizes {
            try directory.openFile(partialName, flags: O_RDONLY).synchronize(parent.appending(partialName))
        }
        try directory.rename(partialName, to: name)
        try directory.unlinkIfPresent(originName)
        if synchronizes { try directory.synchronize() }
    }

    var size: Int64 {
        get throws(FilesystemError) { try Directory.open(parent).status(of: partialName)?.size ?? 0 }
    }
}

/// Which version of which file the bytes of a partial file are from.
struct Origin: Equatable, Sendable {
    /// The mirror's, before redirects.
    var url: String
    /// Strong ones only.
    var validators: Validators
    /// Of the whole file, where the server said.
    var total: Int64?

    init(url: String, validators: Validators, total: Int64?) {
        self.url = url
        self.validators = validators
        self.total = total
    }

    /// A line a field, `end` as the last: a record cut off is none.
    init?(parsing bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 6, lines[4] == "end", lines[5].isEmpty else { return nil }
        url = String(lines[0])
        validators = Validators(
            etag: lines[1].isEmpty ? nil : String(lines[1]), lastModified: lines[2].isEmpty ? nil : String(lines[2]))
        total = Int64(lines[3])
        if validators.isEmpty { return nil }
    }

    var bytes: [UInt8] {
        let fields = [
            url, validators.etag ?? "", validators.lastModified ?? "", total.map { "\($0)" } ?? "", "end", "",
        ]
        return Array(fields.joined(separator: "\n").utf8)
    }
}

extension Directory {
    fileprivate func unlinkIfPresent(_ name: FilePath.Component) throws(FilesystemError) {
        do throws(FilesystemError) {
            try unlink(name)
        } catch let error where error.errno == .noSuchFileOrDirectory {
        }
    }
}
