// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A moment of an archive, as services that keep all of them name it: `20260901T000000Z`, in UTC.
package struct SnapshotMoment: Hashable, Comparable, Sendable {
    package let text: String
    /// Since 1970.
    package let seconds: Int64

    /// What is allowed, in words for a user.
    package static let form = "a moment is YYYYMMDDTHHMMSSZ, in UTC: 20260901T000000Z"

    /// nil for anything of another form, and for moments that there are none of.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16 else { return nil }
        func number(_ range: Range<Int>) -> CInt {
            CInt(String(decoding: bytes[range], as: UTF8.self)) ?? -1
        }
        var parts = unsafe tm()
        unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (number(0..<4) - 1900, number(4..<6) - 1, number(6..<8))
        unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec) = (number(9..<11), number(11..<13), number(13..<15))
        // The 30th of February, or a sign where a digit belongs, is another moment or none then.
        self.init(seconds: Int64(unsafe timegm(&parts)))
        guard seconds >= 0, self.text == String(text) else { return nil }
    }

    /// In seconds since 1970, before the year 10000.
    package init(seconds: Int64) {
        var time = time_t(seconds)
        var parts = unsafe tm()
        unsafe gmtime_r(&time, &parts)
        let numbers = unsafe [
            parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
        ]
        let digits = numbers.map { $0 < 10 ? "0\($0)" : "\($0)" }
        (text, self.seconds) = ("\(digits[..<3].joined())T\(digits[3...].joined())Z", seconds)
    }

    /// By the host's clock.
    package static var now: SnapshotMoment { SnapshotMoment(seconds: Int64(time(nil))) }

    package static func < (one: SnapshotMoment, other: SnapshotMoment) -> Bool { one.seconds < other.seconds }
}

extension SnapshotMoment: CustomStringConvertible {
    package var description: String { text }
}

/// Where an archive is as it was at a moment.
package struct SnapshotTemplate: Hashable, Sendable {
    /// What the moment is put in for.
    static let placeholder = "{timestamp}"

    /// A URL with `{timestamp}` in it, without slashes at its end.
    let text: String

    /// One without `{timestamp}` gets it at the end, as the directories of snapshot services are.
    init(_ url: String) {
        let url = Mirror.normalized(url)
        text = url.contains(Self.placeholder) ? url : "\(url)/\(Self.placeholder)"
    }

    package func url(_ moment: SnapshotMoment) -> String {
        text.replacing(Self.placeholder, with: moment.text)
    }
}
