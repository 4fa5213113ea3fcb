// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Goes through a tree, directories before what is in them, and hands every file to an archive.
@safe final class TreeArchiveWalk {
    struct Identity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    static let chunk = 256 << 10

    let output: ArchiveOutput
    let archive: String
    private let overrides: [[UInt8]: TreeArchive.Override]
    let progress: ((Int64) -> Void)?
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 4096)
    private var device: dev_t = 0
    /// The first name of files that have several.
    var firstNames: [Identity: [CChar]] = [:]
    var report = TreeArchive.Report()

    init(
        output: ArchiveOutput, archive: String, overrides: [String: TreeArchive.Override],
        progress: ((Int64) -> Void)?
    ) {
        self.output = output
        self.archive = archive
        self.progress = progress
        self.overrides = Dictionary(uniqueKeysWithValues: overrides.map { (Array($0.key.utf8), $0.value) })
    }

    deinit {
        unsafe buffer.deallocate()
    }

    func run(root: CInt) throws(ExtractionError) {
        var status = stat()
        guard unsafe fstat(root, &status) == 0 else { throw failed("examine", [], .last) }
        device = status.st_dev
        try add([UInt8(ascii: ".")], in: root, path: [], status)
        try addChildren(of: root, path: [])
    }

    private func addChildren(of directory: CInt, path: [UInt8]) throws(ExtractionError) {
        var names = Set(try self.names(in: directory, path: path))
        for (overridden, value) in overrides where value != .omitted && value != .emptied {
            let split = overridden.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
            if overridden[..<max(split - 1, 0)].elementsEqual(path) { names.insert(Array(overridden[split...])) }
        }
        for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let child = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
            switch overrides[child] {
            case .omitted: continue
            case .file(let bytes, let permissions): try add(child, bytes, mode_t(permissions))
            case .symbolicLink(let target): try add(child, linkTo: Array(target.utf8))
            case .emptied, nil: try addFound(name, in: directory, path: child)
            }
        }
    }

    private func addFound(_ name: [UInt8], in directory: CInt, path: [UInt8]) throws(ExtractionError) {
        var status = stat()
        guard unsafe name.withCString({ unsafe fstatat(directory, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
            let error = Errno.last
            return try gone(path, error)
        }
        if status.st_mode & S_IFMT == S_IFSOCK { return leaveOut(path, "a socket") }
        let isMount = status.st_dev != device
        if isMount, status.st_mode & S_IFMT != S_IFDIR { return leaveOut(path, "on another file system") }
        try add(name, in: directory, path: path, status)
        guard status.st_mode & S_IFMT == S_IFDIR, overrides[path] != .emptied else { return }
        if isMount { return leaveOut(path + Array("/*".utf8), "on another file system") }
        let opened = unsafe name.withCString {
            unsafe openat(directory, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        guard opened >= 0 else { return try gone(path, .last) }
        defer { _ = close(opened) }
        var now = stat()
        guard unsafe fstat(opened, &now) == 0, now.st_dev == device else { return leaveOut(path, "mounted meanwhile") }
        try addChildren(of: opened, path: path)
    }

    private func names(in directory: CInt, path: [UInt8]) throws(ExtractionError) -> [[UInt8]] {
        let opened = unsafe openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0, let stream = unsafe fdopendir(opened) else { throw failed("list", path, .last) }
        defer { unsafe closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        return names
    }

    // MARK: Errors

    func leaveOut(_ path: [UInt8], _ reason: String) {
        report.leftOut.append(ExtractionReport.Skipped(path: printable(path), reason: reason))
    }

    /// Something that was listed and is not there any more is left out; any other error ends the walk.
    func gone(_ path: [UInt8], _ error: Errno) throws(ExtractionError) {
        guard error == .noSuchFileOrDirectory else { throw failed("read", path, error) }
        leaveOut(path, "it disappeared meanwhile")
    }

    func failed(_ operation: String, _ path: [UInt8], _ error: Errno) -> ExtractionError {
        ExtractionError(archive, .file(operation: operation, path: "/" + printable(path), error))
    }
}
