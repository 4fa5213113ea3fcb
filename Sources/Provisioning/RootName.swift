// SPDX-License-Identifier: Apache-2.0

/// The name of a root: `[a-z0-9][a-z0-9._-]*`, 64 characters at most, so that it is a file name wherever it is used.
package struct RootName: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ name: String) throws(ProvisioningError) {
        guard Self.isValid(name) else { throw ProvisioningError(.invalidName(name)) }
        description = name
    }

    static func isValid(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (1...64).contains(bytes.count), let first = bytes.first, isLetterOrDigit(first) else { return false }
        return bytes.allSatisfy { isLetterOrDigit($0) || [UInt8(ascii: "."), 0x5F, 0x2D].contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }
}

extension RootName: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard Self.isValid(name) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "invalid root name \"\(name)\"")
        }
        description = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
