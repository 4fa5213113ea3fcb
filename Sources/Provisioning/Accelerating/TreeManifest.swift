// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The state of everything in a tree, directories included: whether somebody changed, replaced, added or deleted anything
/// shows. Whoever can write to a file can set the time of its modification, and nobody that of its change.
///
/// A file: which edition of mangrove made the tree, and the length of what follows; a NUL byte; for each directory, and
/// then each file in it, its state, as this machine has it in memory, its name and a NUL byte. A directory's name is its
/// path with a slash before it. It is gone through at the start of every run: so files are looked for in directories that
/// are open, and no strings are made.
struct TreeManifest: Equatable, Sendable {
    private let records: [UInt8]

    /// Of one file. Devices have other numbers after the machine was started anew.
    private struct State: Equatable, BitwiseCopyable {
        let inode: UInt64
        let size: Int64
        let modified: Int64
        let changed: Int64

        init(_ status: FileStatus) {
            (inode, size) = (UInt64(status.inode), status.size)
            (modified, changed) = (status.modified, status.changed)
        }

        static var size: Int { MemoryLayout<State>.size }
    }

    /// That of the tree at `path`, as it is now.
    init(of path: FilePath) throws(FilesystemError) {
        var records: [UInt8] = []
        try Self.walk(try Directory.open(path), [], &records)
        self.records = records
    }

    /// nil where there is none at `path`, or one of a tree that another edition of mangrove made.
    init?(reading path: FilePath) {
        guard let bytes = try? path.readFile(), let end = bytes.firstIndex(of: 0),
            bytes[..<end].elementsEqual(Self.beginning(bytes.count - end - 1)), bytes.last == 0
        else { return nil }
        records = Array(bytes[(end + 1)...])
    }

    func write(to path: FilePath) throws(FilesystemError) {
        try AtomicFile.write(Self.beginning(records.count) + [0] + records, to: path)
    }

    private static func beginning(_ length: Int) -> [UInt8] { Array("\(Eligibility.edition) 3 \(length)".utf8) }

    /// Whether all in the tree at `path` is as it was.
    func holds(for path: FilePath) -> Bool {
        guard !records.isEmpty, let tree = try? Directory.open(path) else { return false }
        let root = tree.rawValue
        var directory: CInt = -1
        defer { if directory >= 0 { close(directory) } }
        let holds = unsafe records.withUnsafeBytes { records in
            var place = 0
            while place < records.count {
                let name = place + State.size
                guard name < records.count else { return false }
                let rest = unsafe UnsafeRawBufferPointer(rebasing: records[name...])
                guard let end = unsafe rest.firstIndex(of: 0), end > 0 else { return false }
                let status = unsafe rest.withMemoryRebound(to: CChar.self) { text in
                    // The NUL byte ends it.
                    unsafe text.baseAddress.flatMap { unsafe Self.status(of: $0, in: root, &directory) }
                }
                let state = unsafe records.loadUnaligned(fromByteOffset: place, as: State.self)
                guard let status, state == State(status) else { return false }
                place = name + end + 1
            }
            return true
        }
        withExtendedLifetime(tree.rawValue) {}
        return holds
    }

    /// What `name` is: in `directory`, or, where it begins with a slash, the directory itself, which `directory` is from
    /// then on.
    private static func status(
        of name: UnsafePointer<CChar>, in root: CInt, _ directory: inout CInt
    ) -> FileStatus? {
        var status = stat()
        if unsafe name.pointee != CChar(bitPattern: UInt8(ascii: "/")) {
            let found = unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW)
            return found == 0 ? FileStatus(status) : nil
        }
        if directory >= 0 { close(directory) }
        let path = unsafe name + 1
        let flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        directory = unsafe path.pointee == 0 ? openat(root, ".", flags) : openat(root, path, flags)
        return unsafe directory >= 0 && fstat(directory, &status) == 0 ? FileStatus(status) : nil
    }

    private static func add(_ status: FileStatus, _ name: [UInt8], to records: inout [UInt8]) {
        unsafe withUnsafeBytes(of: State(status)) { unsafe records.append(contentsOf: $0) }
        records += name + [0]
    }

    private static func walk(
        _ directory: borrowing Directory, _ path: [UInt8], _ records: inout [UInt8]
    ) throws(FilesystemError) {
        add(try directory.status(), path.isEmpty ? [UInt8(ascii: "/")] : path, to: &records)
        var directories: [FilePath.Component] = []
        for name in try directory.names().sorted(by: { $0.string < $1.string }) {
            guard let status = try directory.status(of: name) else { continue }
            if status.kind == .directory {
                directories.append(name)
            } else {
                add(status, name.bytes, to: &records)
            }
        }
        for name in directories {
            try walk(try directory.openDirectory(name), path + [UInt8(ascii: "/")] + name.bytes, &records)
        }
    }
}
