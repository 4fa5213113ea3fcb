// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// A path compiled into programs, and its replacement of the same length. A longer path that contains it is another
/// path.
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

    /// Whether `byte` continues a path.
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
