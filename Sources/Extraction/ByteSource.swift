// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Where the bytes of an archive, compressed as they are, come from.
protocol ByteSource: AnyObject {
    /// The next bytes, valid until the next call; none at the end.
    func read() throws(ExtractionError) -> UnsafeRawBufferPointer
}

/// An open file, read from where it stands.
@safe final class DescriptorSource: ByteSource {
    private let descriptor: CInt
    private let name: String
    private let progress: (@Sendable (Int64) -> Void)?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    private var total: Int64 = 0

    /// `descriptor` stays the caller's and outlives this; `progress` gets the bytes read so far.
    init(_ descriptor: CInt, name: String, progress: (@Sendable (Int64) -> Void)?) {
        self.descriptor = descriptor
        self.name = name
        self.progress = progress
    }

    deinit {
        unsafe buffer.deallocate()
    }

    func read() throws(ExtractionError) -> UnsafeRawBufferPointer {
        while true {
            let count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 {
                total += Int64(count)
                progress?(total)
                return unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
            }
            let error = Errno.last
            if error != .interrupted { throw ExtractionError(name, .stream(error)) }
        }
    }
}

/// A source whose beginning can be looked at before it is read.
@safe final class PeekableSource: ByteSource {
    private let source: any ByteSource
    /// The beginning: at least 512 bytes, where there are as many.
    let head: [UInt8]
    private var headRead = false

    init(_ source: any ByteSource) throws(ExtractionError) {
        self.source = source
        var head: [UInt8] = []
        while head.count < 512 {
            let more = unsafe try source.read()
            if unsafe more.isEmpty { break }
            unsafe head.append(contentsOf: more)
        }
        self.head = head
        unsafe copy = .allocate(byteCount: head.count, alignment: 1)
        unsafe copy.copyBytes(from: head)
    }

    private let copy: UnsafeMutableRawBufferPointer

    deinit {
        unsafe copy.deallocate()
    }

    func read() throws(ExtractionError) -> UnsafeRawBufferPointer {
        if headRead { return unsafe try source.read() }
        headRead = true
        return unsafe UnsafeRawBufferPointer(copy)
    }
}
