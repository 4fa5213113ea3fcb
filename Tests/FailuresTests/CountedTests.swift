// SPDX-License-Identifier: Apache-2.0

import Failures
import Testing

@Suite struct CountedTests {
    @Test(arguments: [
        (0, "0 packages", "0 entries"), (1, "1 package", "1 entry"), (2, "2 packages", "2 entries"),
        (101, "101 packages", "101 entries"),
    ])
    func oneIsNotSeveral(count: Int, packages: String, entries: String) {
        #expect(counted(count, "package") == packages)
        #expect(counted(Int64(count), "entry", plural: "entries") == entries)
    }
}
