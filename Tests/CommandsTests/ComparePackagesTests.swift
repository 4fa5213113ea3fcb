// SPDX-License-Identifier: Apache-2.0

import Provisioning
import Testing

@testable import Commands

@Suite struct ComparePackagesTests {
    /// Each place of a difference has a line of its own: what is said has no line breaks in it.
    @Test func aDifferenceIsSaidInLines() {
        #expect(ComparePackages.lines("a.deb", .same) == ["a.deb: identical to the archive's"])
        let places = (1...14).map { "file \($0)" }
        let lines = ComparePackages.lines("a.deb", .different(places))
        #expect(lines.prefix(2) == ["a.deb: differs from the archive's:", "    file 1"])
        #expect(lines.count == 14)
        #expect(lines.last == "    and 2 more")
        #expect(!lines.contains { $0.contains("\n") })
    }
}
