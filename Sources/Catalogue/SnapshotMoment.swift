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
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            bytes[range].reduce(0 as Int?) { sum, digit in
                guard let sum, (0x30...0x39).contains(digit) else { return nil }
                return sum * 10 + Int(digit - 0x30)
            }
        }
        guard let year = number(0..<4), let hour = number(9..<11), let minute = number(11..<13),
            let second = number(13..<15), hour < 24, minute < 60, second < 60, year >= 1970,
            number(4..<8) != nil
        else { return nil }
        let digits = String(decoding: bytes[..<8], as: UTF8.self)
        let day = "\(digits.prefix(4))-\(digits.dropFirst(4).prefix(2))-\(digits.suffix(2))"
        guard let date = CalendarDate(day) else { return nil }
        self.text = String(text)
        seconds = Int64(date.daysSince1970) * 86400 + Int64(hour * 3600 + minute * 60 + second)
    }

    /// In seconds since 1970, before the year 10000.
    package init(seconds: Int64) {
        let day = CalendarDate(daysSince1970: Int(seconds / 86400))
        let rest = Int(seconds % 86400)
        let time = [rest / 3600, rest / 60 % 60, rest % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined()
        (text, self.seconds) = ("\(day.description.replacing("-", with: ""))T\(time)Z", seconds)
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
