// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Goes through a tree, directories before what is in them, and hands every file to an archive.
@safe final class TreeArchiveWalk {
    private struct Identity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    private static let chunk = 256 << 10

    private let output: ArchiveOutput
    private let archive: String
    private let overrides: [[UInt8]: TreeArchive.Override]
    private let progress: ((Int64) -> Void)?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 4096)
    private var device: dev_t = 0
    /// The first name of files that have several.
    private var firstNames: [Identity: [CChar]] = [:]
    private(set) var report = TreeArchive.Report()

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

    // MARK: Entries

    /// Adds the file `name` as `status` has it, contents included.
    private func add(_ name: [UInt8], in directory: CInt, path: [UInt8], _ status: stat) throws(ExtractionError) {
        var status = status
        let kind = status.st_mode & S_IFMT
        let entry = try NewEntry(archive, path: path, isDirectory: kind == S_IFDIR)
        unsafe archive_entry_copy_stat(entry.pointer, &status)
        // Not part of a tree's state, and different each time.
        unsafe archive_entry_unset_atime(entry.pointer)
        unsafe archive_entry_unset_ctime(entry.pointer)
        if kind != S_IFREG { unsafe archive_entry_set_size(entry.pointer, 0) }
        let identity = Identity(device: status.st_dev, inode: status.st_ino)
        if kind != S_IFDIR, status.st_nlink > 1 {
            if let first = firstNames[identity] {
                unsafe archive_entry_copy_hardlink(entry.pointer, first)
                unsafe archive_entry_unset_size(entry.pointer)
                return try finish(entry)
            }
            firstNames[identity] = entry.name
        }
        if kind == S_IFLNK {
            var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            let count = unsafe name.withCString { unsafe readlinkat(directory, $0, &target, Int(PATH_MAX)) }
            guard count >= 0 else { return try gone(path, .last) }
            unsafe archive_entry_copy_symlink(entry.pointer, target)
        }
        unsafe addAttributes(of: name, in: directory, to: entry.pointer)
        guard kind == S_IFREG, status.st_size > 0 else { return try finish(entry) }
        let file = unsafe name.withCString {
            unsafe openat(directory, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        }
        guard file >= 0 else {
            firstNames[identity] = nil
            return try gone(path, .last)
        }
        defer { _ = close(file) }
        if Int64(status.st_blocks) * 512 < Int64(status.st_size) {
            unsafe addHoles(of: file, status, to: entry.pointer)
        }
        try unsafe output.begin(entry.pointer)
        try copy(file, size: Int64(status.st_size), path)
        try output.finishEntry()
        report.entries += 1
    }

    private func add(_ path: [UInt8], _ bytes: [UInt8], _ permissions: mode_t) throws(ExtractionError) {
        let entry = try NewEntry(archive, path: path, isDirectory: false)
        unsafe archive_entry_set_filetype(entry.pointer, UInt32(0o100000))
        unsafe archive_entry_set_perm(entry.pointer, permissions)
        unsafe archive_entry_set_size(entry.pointer, Int64(bytes.count))
        unsafe archive_entry_set_mtime(entry.pointer, 0, 0)
        try unsafe output.begin(entry.pointer)
        for start in stride(from: 0, to: bytes.count, by: Self.chunk) {
            let part = bytes[start..<min(start + Self.chunk, bytes.count)]
            unsafe buffer.copyBytes(from: part)
            try unsafe output.write(UnsafeRawBufferPointer(rebasing: buffer[..<part.count]))
        }
        try output.finishEntry()
        report.entries += 1
        report.bytes += Int64(bytes.count)
    }

    private func add(_ path: [UInt8], linkTo target: [UInt8]) throws(ExtractionError) {
        let entry = try NewEntry(archive, path: path, isDirectory: false)
        unsafe archive_entry_set_filetype(entry.pointer, UInt32(0o120000))
        unsafe archive_entry_set_perm(entry.pointer, 0o777)
        unsafe archive_entry_set_mtime(entry.pointer, 0, 0)
        unsafe target.withCString { unsafe archive_entry_copy_symlink(entry.pointer, $0) }
        try finish(entry)
    }

    private func finish(_ entry: borrowing NewEntry) throws(ExtractionError) {
        try unsafe output.begin(entry.pointer)
        try output.finishEntry()
        report.entries += 1
    }

    /// Where the data of a sparse file is.
    private func addHoles(of file: CInt, _ status: stat, to entry: OpaquePointer) {
        var position: off_t = 0
        while position < status.st_size {
            let start = lseek(file, position, mg_seek_data)
            guard start >= 0 else { break }
            let end = lseek(file, start, mg_seek_hole)
            guard end > start else { return }
            unsafe archive_entry_sparse_add_entry(entry, Int64(start), Int64(end - start))
            position = end
        }
        // Nothing but a hole: libarchive takes an empty list for a file without holes.
        if position == 0 { unsafe archive_entry_sparse_add_entry(entry, Int64(status.st_size), 0) }
    }

    private func copy(_ file: CInt, size: Int64, _ path: [UInt8]) throws(ExtractionError) {
        var offset: Int64 = 0
        while offset < size {
            let count = unsafe pread(
                file, buffer.baseAddress, Int(min(Int64(buffer.count), size - offset)), off_t(offset))
            if count < 0 {
                let error = Errno.last
                if error == .interrupted { continue }
                throw failed("read", path, error)
            }
            // It has become shorter since: libarchive fills up with zero bytes, and the report says so.
            if count == 0 {
                leaveOut(path, "it changed while it was read")
                break
            }
            try unsafe output.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
            report.bytes += Int64(count)
            progress?(report.bytes)
        }
    }

    // MARK: Errors

    private func leaveOut(_ path: [UInt8], _ reason: String) {
        report.leftOut.append(ExtractionReport.Skipped(path: printable(path), reason: reason))
    }

    /// Something that was listed and is not there any more is left out; any other error ends the walk.
    private func gone(_ path: [UInt8], _ error: Errno) throws(ExtractionError) {
        guard error == .noSuchFileOrDirectory else { throw failed("read", path, error) }
        leaveOut(path, "it disappeared meanwhile")
    }

    private func failed(_ operation: String, _ path: [UInt8], _ error: Errno) -> ExtractionError {
        ExtractionError(archive, .file(operation: operation, path: "/" + printable(path), error))
    }
}

extension [UInt8] {
    /// These bytes and a NUL, for a system call.
    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe (self + [0]).withUnsafeBufferPointer { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let base = characters.baseAddress else { preconditionFailure("there is a NUL at least") }
                return unsafe body(base)
            }
        }
    }
}
