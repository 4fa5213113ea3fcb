// SPDX-License-Identifier: Apache-2.0

import Fixtures
import Glibc
import Processes
import SystemPackage
import Testing

@Suite struct ServingProcessTests {
    /// Of several processes that are waited for one after the other, the last may have been ready for long.
    @Test func whatIsSaidBeforeTheDeadlineIsHeardAfterIt() throws {
        try withScratchDirectory { scratch in
            let said = scratch.appending("said")
            var process = try ServingProcess(
                "/bin/sh", ["-c", "echo ready; : >\(said); exec cat"], environment: [],
                errors: scratch.appending("errors"))
            for _ in 0..<6000 where access(said.string, F_OK) != 0 { usleep(10_000) }
            let past = ContinuousClock.now.advanced(by: .seconds(-1))
            let first = process.line(until: past)
            #expect(first == "ready")
            let second = process.line(until: past)
            #expect(second == nil)
            let isRunning = process.isRunning
            #expect(isRunning)
        }
    }
}
