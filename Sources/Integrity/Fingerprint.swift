// SPDX-License-Identifier: Apache-2.0

/// The full fingerprint of an OpenPGP v4 key: 20 bytes (RFC 4880, section 12.2).
package struct Fingerprint: Hashable, Sendable {
    package let bytes: [UInt8]

    /// Forty hexadecimal digits in either case, also in groups, as key listings show them. Nothing shorter: a key
    /// ID can be forged.
    package init?(_ text: String) {
        guard let bytes = Hexadecimal.decode(text.filter { $0 != " " }), bytes.count == 20 else { return nil }
        self.bytes = bytes
    }

    /// In upper case, as OpenPGP programs write it.
    package var hex: String { Hexadecimal.encode(bytes).uppercased() }

    /// The key ID: its last eight bytes.
    var keyID: ArraySlice<UInt8> { bytes.suffix(8) }
}

extension Fingerprint: CustomStringConvertible {
    package var description: String { hex }
}
