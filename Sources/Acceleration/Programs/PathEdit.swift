// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// A path that is compiled into programs, and another of the same length for it. Where the path begins inside a longer
/// one, that is another path.
struct PathEdit: Hashable, Sendable, CustomStringConvertible {
    let old: String
    let new: String
    let reason: String

    /// `new` is as long as `old`.
    init(_ old: String, _ new: String, reason: String) {
        precondition(old.utf8.count == new.utf8.count, "\(old) and \(new) differ in length")
        (self.old, self.new, self.reason) = (old, new, reason)
    }

    var description: String { "\(old) becomes \(new): \(reason)" }

    /// Whether a path goes on behind `byte`.
    private static func isOfPath(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E, 0x80...: true
        default: false
        }
    }

    func apply(to bytes: inout [UInt8]) {
        for place in Bytes.places(of: Array(old.utf8), in: bytes)
        where place == 0 || !Self.isOfPath(bytes[place - 1]) {
            bytes.replaceSubrange(place..<place + new.utf8.count, with: new.utf8)
        }
    }
}

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
