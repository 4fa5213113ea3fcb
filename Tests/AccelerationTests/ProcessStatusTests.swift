// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Acceleration

@Suite struct ProcessStatusTests {
    private func parse(_ line: String) -> ProcessStatus? { ProcessStatus(parsing: Array(line.utf8), at: 9) }

    private let rest = "9 9 9 0 -1 4194304 100 0 0 0 1 2 3 4 20 0 1 0 8012 2600000 200 18446744073709551615 1 1"

    @Test func theLineOfTheKernelIsRead() {
        let running = ProcessStatus(number: 123, parent: 9, isRunning: true, started: 8012, time: 9)
        #expect(parse("123 (sh) R \(rest)\n") == running)
        // A program may call itself anything.
        #expect(parse("123 (a) S 1 (b) R \(rest)\n") == running)
        #expect(parse("123 () S \(rest)\n")?.isRunning == false)
        #expect(parse("123 (sh) Z \(rest)\n")?.isRunning == false)
    }

    @Test func anythingElseIsNone() {
        for line in [
            "", "123", "123 (sh", "123 (sh) R", "123 (sh) R 1 2 3\n", "x (sh) R \(rest)", ") 1 (", "-1 (a) R \(rest)",
        ] {
            #expect(parse(line) == nil, "\(line)")
        }
    }
}
