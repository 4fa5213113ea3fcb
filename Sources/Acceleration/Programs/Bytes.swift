// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// Searches for bytes.
package enum Bytes {
    /// Where `pattern` begins, in order; places may overlap.
    static func places(of pattern: [UInt8], in bytes: [UInt8]) -> [Int] {
        var found: [Int] = []
        let count = bytes.count
        unsafe bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return }
            var offset = 0
            while offset < count,
                let place = unsafe mg_memmem(start + offset, UInt(count - offset), pattern, UInt(pattern.count))
            {
                let position = unsafe start.distance(to: place)
                found.append(position)
                offset = position + 1
            }
        }
        return found
    }

    package static func contain(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
        unsafe mg_memmem(bytes, UInt(bytes.count), pattern, UInt(pattern.count)) != nil
    }

    /// Puts `new`, which is as long, in the place of `old`.
    package static func replace(_ old: [UInt8], by new: [UInt8], in bytes: inout [UInt8]) {
        guard old.count == new.count else { return }
        for place in places(of: old, in: bytes) { bytes.replaceSubrange(place..<place + new.count, with: new) }
    }
}
