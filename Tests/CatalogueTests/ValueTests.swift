// SPDX-License-Identifier: Apache-2.0

import Catalogue
import Testing

@Suite struct VersionNumberTests {
    @Test func versionsCompareAsNumbers() throws {
        let sorted = ["3.9", "3.10", "3.10.1", "3.10.9", "3.10.10", "3.011", "20240923"]
        let versions = try sorted.map { try #require(VersionNumber($0)) }
        #expect(versions.reversed().sorted() == versions)
        #expect(try #require(VersionNumber("24.04")) < #require(VersionNumber("24.04.1")))
        let huge = String(repeating: "9", count: 40)
        #expect(try #require(VersionNumber(huge)) < #require(VersionNumber("1" + huge)))
    }

    @Test func aPointReleaseIsOfItsOwnSeries() throws {
        let series = try #require(VersionNumber("3.2"))
        #expect(try #require(VersionNumber("3.2.1")).isPointRelease(of: series))
        #expect(try !#require(VersionNumber("3.20.1")).isPointRelease(of: series))
        #expect(!series.isPointRelease(of: series))
    }

    @Test(arguments: ["", ".", "1.", "1..2", "1.2-rc1", "v1", "١"])
    func somethingElseIsNoVersion(text: String) {
        #expect(VersionNumber(text) == nil)
    }
}

@Suite struct CalendarDateTests {
    @Test func datesAreThoseOfTheCalendar() throws {
        #expect(CalendarDate("2028-02-29")?.description == "2028-02-29")
        for text in ["2027-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "20260101", "-026-01-01", ""] {
            #expect(CalendarDate(text) == nil)
        }
        #expect(try #require(CalendarDate("2026-09-30")) < #require(CalendarDate("2026-10-01")))
        #expect(CalendarDate.today.year >= 2026)
    }
}
