// SPDX-License-Identifier: Apache-2.0

import Terminal
import Testing

@Suite struct QuantityTests {
    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1250, "1.3 kB"), (999_940, "1.0 MB"),
            (123_456_789, "123 MB"),
            (Int64.max, "9.2 EB"), (-1, "0 B"),
        ] as [(Int64, String)])
    func bytes(count: Int64, text: String) {
        #expect(Quantity.bytes(count) == text)
    }

    @Test(arguments: [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7500, "2 h 5 min")])
    func durations(seconds: Int, text: String) {
        #expect(Quantity.duration(.seconds(seconds)) == text)
    }
}
