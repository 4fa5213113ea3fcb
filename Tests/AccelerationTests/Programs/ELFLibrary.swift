// SPDX-License-Identifier: Apache-2.0

/// A shared library for amd64 of one segment at address 0, of which nothing is there but its dynamic section.
enum ELFLibrary {
    private static let start = 64 + 2 * 56

    /// `strings` follow the section.
    static func bytes(_ entries: [(tag: UInt64, value: UInt64)], strings: [UInt8] = []) -> [UInt8] {
        let dynamic = (entries + [(0, 0)]).flatMap { word($0.tag) + word($0.value) }
        let size = UInt64(start + dynamic.count + strings.count)
        func segment(_ kind: UInt8, _ offset: UInt64, _ size: UInt64) -> [UInt8] {
            [kind, 0, 0, 0, 6, 0, 0, 0] + [offset, offset, offset, size, size, 8].flatMap(word)
        }
        return [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9) + [3, 0, 62, 0, 1, 0, 0, 0]
            + word(0) + word(64) + word(0) + [0, 0, 0, 0, 64, 0, 56, 0, 2, 0, 0, 0, 0, 0, 0, 0]
            + segment(1, 0, size) + segment(2, UInt64(start), UInt64(dynamic.count)) + dynamic + strings
    }

    /// The address of the strings behind a section of `count` entries.
    static func strings(after count: Int) -> UInt64 { UInt64(start + (count + 1) * 16) }

    static func word(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
}
