// SPDX-License-Identifier: Apache-2.0

/// A cryptographic digest of some bytes (FIPS 180-4).
package struct Digest: Hashable, Sendable {
    package enum Algorithm: String, CaseIterable, Hashable, Sendable {
        case sha256, sha512

        /// Bytes in a digest.
        package var count: Int { self == .sha256 ? 32 : 64 }
        /// As it is written in prose: "SHA-256".
        package var title: String { self == .sha256 ? "SHA-256" : "SHA-512" }
    }

    package let algorithm: Algorithm
    package let bytes: [UInt8]

    init(_ algorithm: Algorithm, bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// `hex` in either case; nil where it is anything but hexadecimal digits, as many as `algorithm` has.
    package init?(_ algorithm: Algorithm, hex: some StringProtocol) {
        guard hex.utf8.count == algorithm.count * 2, let bytes = Hexadecimal.decode(hex) else { return nil }
        self.init(algorithm, bytes: bytes)
    }

    /// The algorithm is the one with that many digits.
    package init?(hex: some StringProtocol) {
        guard let algorithm = Algorithm.allCases.first(where: { $0.count * 2 == hex.utf8.count }) else { return nil }
        self.init(algorithm, hex: hex)
    }

    /// As `description` writes it: `sha256:…`.
    package init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let algorithm = Algorithm(rawValue: String(parts[0])) else { return nil }
        self.init(algorithm, hex: parts[1])
    }

    /// In lower case.
    package var hex: String { Hexadecimal.encode(bytes) }
}

extension Digest: CustomStringConvertible {
    /// "sha256:" and the digits, as OCI writes it.
    package var description: String { "\(algorithm.rawValue):\(hex)" }
}

enum Hexadecimal {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 {
            let value: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = character - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = character - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }
}
