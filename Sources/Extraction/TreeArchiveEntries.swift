// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// What the archive says of each file.
extension TreeArchiveWalk {
    /// Adds the file `name` as `status` has it, contents included.
    func add(_ name: [UInt8], in directory: CInt, path: [UInt8], _ status: stat) throws(ExtractionError) {
        var status = status
        let kind = status.st_mode & S_IFMT
        let entry = try NewEntry(archive, path: path, isDirectory: kind == S_IFDIR)
        describe(entry, &status)
        if kind != S_IFREG { unsafe archive_entry_set_size(entry.pointer, 0) }
        let identity = Identity(device: status.st_dev, inode: status.st_ino)
        if kind != S_IFDIR, status.st_nlink > 1 {
            if let first = firstNames[identity] {
                unsafe archive_entry_copy_hardlink(entry.pointer, first)
                unsafe archive_entry_unset_size(entry.pointer)
                try layer?.flush(finish)
                return try finish(entry)
            }
            firstNames[identity] = entry.name
        }
        try layer?.flush(finish)
        if kind == S_IFLNK {
            var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            let count = unsafe name.withCString { unsafe readlinkat(directory, $0, &target, Int(PATH_MAX)) }
            guard count >= 0 else { return try gone(path, .last) }
            unsafe archive_entry_copy_symlink(entry.pointer, target)
        }
        unsafe addAttributes(of: name, in: directory, to: entry.pointer)
        guard kind == S_IFREG, status.st_size > 0 else { return try finish(entry) }
        let file = unsafe name.withCString {
            unsafe mg_open_within_mount(directory, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        }
        let error = Errno.last
        guard file >= 0 else {
            firstNames[identity] = nil
            return error == .improperLink ? leaveOut(path, "a mount") : try gone(path, error)
        }
        defer { _ = close(file) }
        var opened = stat()
        guard unsafe fstat(file, &opened) == 0, opened.st_mode & S_IFMT == S_IFREG else {
            firstNames[identity] = nil
            return try gone(path, .invalidArgument)
        }
        let hasHoles = Int64(status.st_blocks) * 512 < Int64(status.st_size)
        // What has holes depends on who wrote it: a reproducible archive has none.
        if hasHoles, reproduction == nil { unsafe addHoles(of: file, status, to: entry.pointer) }
        try unsafe output.begin(entry.pointer)
        try copy(file, size: Int64(status.st_size), hasHoles: hasHoles, path)
        try output.finishEntry()
        report.entries += 1
    }

    /// Gives `entry` owner, mode, size and time.
    func describe(_ entry: borrowing NewEntry, _ status: inout stat) {
        var said = reproduction?.adapted(status) ?? status
        unsafe archive_entry_copy_stat(entry.pointer, &said)
        // Not part of a tree's state, and different each time.
        unsafe archive_entry_unset_atime(entry.pointer)
        unsafe archive_entry_unset_ctime(entry.pointer)
    }

    /// Adds the regular file `name` with other contents.
    func add(
        _ name: [UInt8], in directory: CInt, path: [UInt8], _ status: stat, containing bytes: [UInt8]
    ) throws(ExtractionError) {
        var status = status
        status.st_size = off_t(bytes.count)
        status.st_nlink = 1
        let entry = try NewEntry(archive, path: path, isDirectory: false)
        describe(entry, &status)
        unsafe addAttributes(of: name, in: directory, to: entry.pointer)
        try add(entry, bytes)
    }

    func add(_ path: [UInt8], _ bytes: [UInt8], _ permissions: mode_t) throws(ExtractionError) {
        let entry = try NewEntry(archive, path: path, isDirectory: false)
        unsafe archive_entry_set_filetype(entry.pointer, UInt32(0o100000))
        unsafe archive_entry_set_perm(entry.pointer, permissions)
        unsafe archive_entry_set_size(entry.pointer, Int64(bytes.count))
        unsafe archive_entry_set_mtime(entry.pointer, 0, 0)
        try add(entry, bytes)
    }

    private func add(_ entry: borrowing NewEntry, _ bytes: [UInt8]) throws(ExtractionError) {
        try layer?.flush(finish)
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

    func add(_ path: [UInt8], linkTo target: [UInt8]) throws(ExtractionError) {
        let entry = try NewEntry(archive, path: path, isDirectory: false)
        unsafe archive_entry_set_filetype(entry.pointer, UInt32(0o120000))
        unsafe archive_entry_set_perm(entry.pointer, 0o777)
        unsafe archive_entry_set_mtime(entry.pointer, 0, 0)
        unsafe target.withCString { unsafe archive_entry_copy_symlink(entry.pointer, $0) }
        try layer?.flush(finish)
        try finish(entry)
    }

    func add(_ path: [UInt8], directory permissions: mode_t) throws(ExtractionError) {
        let entry = try NewEntry(archive, path: path, isDirectory: true)
        unsafe archive_entry_set_filetype(entry.pointer, UInt32(0o040000))
        unsafe archive_entry_set_perm(entry.pointer, permissions)
        unsafe archive_entry_set_mtime(entry.pointer, 0, 0)
        try layer?.flush(finish)
        try finish(entry)
    }

    func add(
        _ path: [UInt8], device: (major: UInt32, minor: UInt32), _ permissions: mode_t
    ) throws(ExtractionError) {
        let entry = try NewEntry(archive, path: path, isDirectory: false)
        unsafe archive_entry_set_filetype(entry.pointer, UInt32(0o020000))
        unsafe archive_entry_set_perm(entry.pointer, permissions)
        unsafe archive_entry_set_rdevmajor(entry.pointer, dev_t(device.major))
        unsafe archive_entry_set_rdevminor(entry.pointer, dev_t(device.minor))
        unsafe archive_entry_set_mtime(entry.pointer, 0, 0)
        try layer?.flush(finish)
        try finish(entry)
    }

    func finish(_ entry: borrowing NewEntry) throws(ExtractionError) {
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

    private func copy(_ file: CInt, size: Int64, hasHoles: Bool, _ path: [UInt8]) throws(ExtractionError) {
        var offset: Int64 = 0
        while offset < size {
            let end = hasHoles ? endOfHole(in: file, at: offset, size) : offset
            if end > offset {
                try writeHole(end - offset)
                offset = end
                continue
            }
            let count = unsafe pread(
                file, buffer.baseAddress, Int(min(Int64(buffer.count), size - offset)), off_t(offset))
            if count < 0 {
                let error = Errno.last
                if error == .interrupted { continue }
                throw failed("read", path, error)
            }
            // It has become shorter since: libarchive fills up with zero bytes, and the report says so.
            if count == 0 {
                leaveOut(path, "it changed while being read")
                break
            }
            try unsafe output.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
            report.bytes += Int64(count)
            progress?(report.bytes)
        }
    }

    /// Where the hole that begins at `offset` ends: there, where none does.
    private func endOfHole(in file: CInt, at offset: Int64, _ size: Int64) -> Int64 {
        let data = lseek(file, off_t(offset), mg_seek_data)
        if data >= 0 { return min(Int64(data), size) }
        return Errno.last == .noSuchAddressOrDevice ? size : offset
    }

    /// libarchive counts the bytes of a hole and writes none of them. They are not read: a few blocks on the disk can be a
    /// file of terabytes.
    private func writeHole(_ size: Int64) throws(ExtractionError) {
        unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
        var rest = size
        while rest > 0 {
            let count = Int(min(Int64(Self.chunk), rest))
            try unsafe output.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            rest -= Int64(count)
        }
        report.bytes += size
        progress?(report.bytes)
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
