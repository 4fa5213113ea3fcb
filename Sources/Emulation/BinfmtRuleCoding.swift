// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage

/// As an object of strings: bytes in hexadecimal, flags by their letters.
extension BinfmtRule: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, magic, mask, offset, interpreter, flags
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func decode<Value>(_ key: CodingKeys, _ convert: (String) -> Value?) throws -> Value {
            guard let value = convert(try container.decode(String.self, forKey: key)) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "not the \(key.rawValue) of a rule")
            }
            return value
        }
        self.init(
            name: try container.decode(String.self, forKey: .name), magic: try decode(.magic, Hexadecimal.bytes),
            mask: try decode(.mask, Hexadecimal.bytes), offset: try container.decode(Int.self, forKey: .offset),
            interpreter: FilePath(try container.decode(String.self, forKey: .interpreter)),
            flags: try decode(.flags, Flags.init(letters:)))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(Hexadecimal.text(magic), forKey: .magic)
        try container.encode(Hexadecimal.text(mask), forKey: .mask)
        try container.encode(offset, forKey: .offset)
        try container.encode(interpreter.string, forKey: .interpreter)
        try container.encode(flags.letters, forKey: .flags)
    }
}

/// Two digits a byte, as the kernel prints magic and mask.
enum Hexadecimal {
    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// nil where that is not what `text` consists of.
    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
