// SPDX-License-Identifier: Apache-2.0

/// ASCII armor: OpenPGP data as text (RFC 4880, section 6).
enum Armor {
    private static let opening = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
    private static let closing = "-----END PGP PUBLIC KEY BLOCK-----"

    /// The binary keys in `text`, all its key blocks one after the other; nil where there is no block, or where one
    /// is damaged (its checksum, where it has one, is compared).
    static func keys(in text: [UInt8]) -> [UInt8]? {
        var keys: [UInt8] = []
        var block: [Substring]?
        // Decoded as UTF-8 a carriage return and a newline would be one character.
        let lines = String(decoding: text.filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines.map({ $0.trimmingSuffix(while: { $0 == " " || $0 == "\t" }) }) {
            if line == opening {
                guard block == nil else { return nil }
                block = []
            } else if line == closing {
                guard let lines = block, let decoded = decode(lines) else { return nil }
                keys += decoded
                block = nil
            } else {
                block?.append(line)
            }
        }
        return block == nil && !keys.isEmpty ? keys : nil
    }

    /// Headers, an empty line, base64, and "=" with the checksum.
    private static func decode(_ lines: [Substring]) -> [UInt8]? {
        let body = lines.drop { !$0.isEmpty }.filter { !$0.isEmpty }
        let checksum = body.last.flatMap { $0.first == "=" ? $0.dropFirst() : nil }
        guard let data = base64((checksum == nil ? body[...] : body.dropLast()).joined()), !data.isEmpty else {
            return nil
        }
        if let checksum {
            let sum = crc24(data)
            guard base64(String(checksum)) == [UInt8(sum >> 16 & 0xFF), UInt8(sum >> 8 & 0xFF), UInt8(sum & 0xFF)]
            else { return nil }
        }
        return data
    }

    private static func base64(_ text: String) -> [UInt8]? {
        let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
        let padding = text.utf8.count - digits.count
        guard text.utf8.count % 4 == 0, padding <= 2, text.utf8.suffix(padding).allSatisfy({ $0 == 0x3D }) else {
            return nil
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var (bits, count): (UInt32, Int) = (0, 0)
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = bits << 6 & 0xFF_FFFF | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    /// Section 6.1.
    static func crc24(_ bytes: [UInt8]) -> UInt32 {
        bytes.reduce(0xB704CE) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte) << 16) { sum, _ in
                let shifted = sum << 1
                return (shifted & 0x100_0000 == 0 ? shifted : shifted ^ 0x186_4CFB) & 0xFF_FFFF
            }
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        guard let last = lastIndex(where: { !predicate($0) }) else { return prefix(0) }
        return self[...last]
    }
}
