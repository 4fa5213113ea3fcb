// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Copies what is in files, on one thread.
@safe final class CopiedContents {
    struct Failure: Error {
        let operation: String
        let errno: Errno
    }

    private static let size = 256 << 10

    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4096)
    /// copy_file_range(2) does not everywhere.
    private var isWithinKernel = true

    deinit {
        unsafe buffer.deallocate()
    }

    /// Copies `source`, which has `status`, into `target`, an empty file. Returns how many bytes that were, without holes.
    func copy(_ source: CInt, to target: CInt, _ status: stat) throws(Failure) -> Int64 {
        let size = Int64(status.st_size)
        // What it may have got since is not of that moment any more.
        guard Int64(status.st_blocks) * 512 < size else { return try copy(source, to: target, from: 0, to: size) }
        var copied: Int64 = 0
        var position: Int64 = 0
        while position < size {
            let start = Int64(lseek(source, off_t(position), mg_seek_data))
            // Nothing but a hole from here on, ENXIO; or a file system that does not tell.
            if start < 0, Errno.last == .noSuchAddressOrDevice { break }
            let end = start < 0 ? size : min(size, Int64(lseek(source, off_t(start), mg_seek_hole)))
            guard end > start else { break }
            copied += try copy(source, to: target, from: max(start, position), to: end)
            position = end
        }
        if ftruncate(target, off_t(size)) != 0 { throw Failure(operation: "write", errno: .last) }
        return copied
    }

    private func copy(_ source: CInt, to target: CInt, from start: Int64, to end: Int64) throws(Failure) -> Int64 {
        var position = start
        while position < end {
            let count =
                try isWithinKernel
                ? copyWithinKernel(source, to: target, at: position, end - position)
                : copyThrough(source, to: target, at: position, end - position)
            // It has become shorter since.
            if count == 0 { break }
            position += max(count, 0)
        }
        return position - start
    }

    /// -1: interrupted, or not to be had.
    private func copyWithinKernel(
        _ source: CInt, to target: CInt, at position: Int64, _ length: Int64
    ) throws(Failure) -> Int64 {
        let count = mg_copy_file_range(source, target, position, UInt(min(length, 1 << 30)))
        if count >= 0 { return Int64(count) }
        switch Errno.last {
        case .interrupted: return -1
        case .improperLink, .invalidArgument, .noFunction, .notSupported, .notPermitted, .badFileDescriptor:
            isWithinKernel = false
            return -1
        case let error: throw Failure(operation: "write", errno: error)
        }
    }

    private func copyThrough(
        _ source: CInt, to target: CInt, at position: Int64, _ length: Int64
    ) throws(Failure) -> Int64 {
        let count = unsafe pread(source, buffer.baseAddress, Int(min(Int64(buffer.count), length)), off_t(position))
        if count < 0 {
            if Errno.last == .interrupted { return -1 }
            throw Failure(operation: "read", errno: .last)
        }
        var done = 0
        while done < count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done..<count])
            let written = unsafe pwrite(target, rest.baseAddress, rest.count, off_t(position) + done)
            if written < 0 {
                if Errno.last == .interrupted { continue }
                throw Failure(operation: "write", errno: .last)
            }
            done += written
        }
        return Int64(count)
    }
}
