// SPDX-License-Identifier: Apache-2.0

/// The version of a package, ordered as deb-version(7) says. `1.0`, `0:1.0` and `1.0-0` are equal.
package struct PackageVersion: Comparable, Sendable, CustomStringConvertible {
    /// As it is written in the archive.
    package let text: String

    package init(_ text: some StringProtocol) {
        self.text = String(text)
    }

    package var description: String { text }

    package static func == (one: PackageVersion, other: PackageVersion) -> Bool {
        one.text == other.text || compare(one, other) == 0
    }

    package static func < (one: PackageVersion, other: PackageVersion) -> Bool {
        compare(one, other) < 0
    }

    /// Negative where `one` is older, positive where it is newer.
    private static func compare(_ one: PackageVersion, _ other: PackageVersion) -> Int {
        let (left, right) = (one.parts, other.parts)
        if left.epoch != right.epoch { return left.epoch < right.epoch ? -1 : 1 }
        let upstream = compare(left.upstream, right.upstream)
        return upstream != 0 ? upstream : compare(left.revision, right.revision)
    }

    private typealias Bytes = Substring.UTF8View

    private var parts: (epoch: Int, upstream: Bytes, revision: Bytes) {
        var rest = text[...]
        var epoch = 0
        if let colon = rest.utf8.firstIndex(of: UInt8(ascii: ":")) {
            epoch = Int(rest[..<colon]) ?? 0
            rest = rest[rest.utf8.index(after: colon)...]
        }
        guard let hyphen = rest.utf8.lastIndex(of: UInt8(ascii: "-")) else {
            return (epoch, rest.utf8, rest.utf8.suffix(0))
        }
        return (epoch, rest[..<hyphen].utf8, rest[rest.utf8.index(after: hyphen)...].utf8)
    }

    /// Runs of other characters and of digits in turn, the former by rank, the latter as numbers of any length.
    private static func compare(_ one: Bytes, _ other: Bytes) -> Int {
        var (left, right) = (one, other)
        while !left.isEmpty || !right.isEmpty {
            while left.first.map(isDigit) == false || right.first.map(isDigit) == false {
                let difference = rank(left.first) - rank(right.first)
                if difference != 0 { return difference }
                left = left.dropFirst()
                right = right.dropFirst()
            }
            let (ours, theirs) = (number(&left), number(&right))
            if ours.count != theirs.count { return ours.count < theirs.count ? -1 : 1 }
            for (digit, against) in zip(ours, theirs) where digit != against { return digit < against ? -1 : 1 }
        }
        return 0
    }

    /// The digits `rest` begins with, taken from it, without zeros in front.
    private static func number(_ rest: inout Bytes) -> Bytes {
        let digits = rest.prefix(while: isDigit)
        rest = rest[digits.endIndex...]
        return digits.drop { $0 == UInt8(ascii: "0") }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    /// A tilde is before the end, the end before letters, letters before all else. A digit ends the run.
    private static func rank(_ byte: UInt8?) -> Int {
        guard let byte, !isDigit(byte) else { return 0 }
        switch byte {
        case UInt8(ascii: "~"): return -1
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): return Int(byte)
        default: return Int(byte) + 256
        }
    }
}
