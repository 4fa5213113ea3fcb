// SPDX-License-Identifier: Apache-2.0

internal import CZlib

/// The end of a gzip member in a block of decompressed bytes, and what its trailer says.
struct EndedMember {
    /// Where in the block the member's bytes end.
    let end: Int
    /// CRC-32.
    let checksum: UInt32
    /// Modulo 2^32.
    let length: UInt32
}

/// Compares the bytes of gzip members, block after block, with the members' trailers.
struct MemberCheck {
    private var checksum: UInt = 0
    private var length: UInt32 = 0

    /// False where a member that ends in this block is not what was compressed.
    mutating func matches(_ block: UnsafeRawBufferPointer, _ members: [EndedMember]) -> Bool {
        var start = 0
        for member in members {
            unsafe add(UnsafeRawBufferPointer(rebasing: block[start..<member.end]))
            guard checksum == member.checksum, length == member.length else { return false }
            self = MemberCheck()
            start = member.end
        }
        unsafe add(UnsafeRawBufferPointer(rebasing: block[start...]))
        return true
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        // A call without bytes is a question for the initial value (zlib.h).
        guard let start = bytes.baseAddress, unsafe !bytes.isEmpty else { return }
        checksum = unsafe crc32_z(checksum, start.assumingMemoryBound(to: UInt8.self), bytes.count)
        length &+= UInt32(truncatingIfNeeded: bytes.count)
    }
}
