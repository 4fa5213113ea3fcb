// SPDX-License-Identifier: Apache-2.0

/// A version as distributions write theirs, "24.04.10" or "20240923": numbers between dots, compared as numbers.
package struct VersionNumber: Hashable, Comparable, Sendable {
    package let text: String
    /// Without leading zeros: digits of any length compare by length and then by text.
    private let parts: [String]

    /// Nil where `text` is anything but digits and single dots between them.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return nil }
        self.text = String(text)
        self.parts = parts.map { part in String(part.drop { $0 == "0" }) }
    }

    package static func < (one: VersionNumber, other: VersionNumber) -> Bool {
        for (left, right) in zip(one.parts, other.parts) where left != right {
            return left.utf8.count == right.utf8.count ? left < right : left.utf8.count < right.utf8.count
        }
        return one.parts.count < other.parts.count
    }

    /// "24.04" is not older than "24.04" and older than "24.04.1": a point release of it.
    package func isPointRelease(of series: VersionNumber) -> Bool {
        parts.count > series.parts.count && parts.starts(with: series.parts)
    }
}

extension VersionNumber: CustomStringConvertible {
    package var description: String { text }
}
