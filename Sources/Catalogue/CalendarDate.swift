// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A day of the Gregorian calendar, in UTC.
package struct CalendarDate: Hashable, Comparable, Sendable {
    package let year: Int
    package let month: Int
    package let day: Int

    /// A date as ISO 8601 writes it, "2029-05-31"; nil for anything else.
    package init?(_ text: String) {
        let fields = text.split(separator: "-", omittingEmptySubsequences: false)
        guard fields.map(\.utf8.count) == [4, 2, 2], text.utf8.allSatisfy({ $0 == 0x2D || (0x30...0x39).contains($0) }),
            let year = Int(fields[0]), let month = Int(fields[1]), let day = Int(fields[2]),
            (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// By the host's clock.
    package static var today: CalendarDate {
        var now = time(nil)
        var fields = unsafe tm()
        unsafe gmtime_r(&now, &fields)
        let (year, month, day) = unsafe (fields.tm_year, fields.tm_mon, fields.tm_mday)
        return CalendarDate(year: Int(year) + 1900, month: Int(month) + 1, day: Int(day))
    }

    /// Days since 1 January 1970, which is 0.
    package var daysSince1970: Int {
        // Days since 1 March of year 0: leap days then come last in a year.
        let shifted = month < 3 ? year - 1 : year
        let days =
            365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return days - 719_468
    }

    /// `daysSince1970` not before 1970.
    init(daysSince1970: Int) {
        var (year, rest) = (1970, daysSince1970)
        while rest >= 365 + (Self.isLeap(year) ? 1 : 0) {
            rest -= 365 + (Self.isLeap(year) ? 1 : 0)
            year += 1
        }
        var month = 1
        while rest >= Self.days(in: month, of: year) {
            rest -= Self.days(in: month, of: year)
            month += 1
        }
        self.init(year: year, month: month, day: rest + 1)
    }

    private init(year: Int, month: Int, day: Int) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    package static func < (one: CalendarDate, other: CalendarDate) -> Bool {
        (one.year, one.month, one.day) < (other.year, other.month, other.day)
    }
}

extension CalendarDate: CustomStringConvertible {
    package var description: String {
        let digits = { (number: Int, width: Int) in
            String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
        }
        return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
    }
}
