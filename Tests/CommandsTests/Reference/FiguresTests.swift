// SPDX-License-Identifier: Apache-2.0

import Processes
import SystemPackage
import Testing

/// The README's table and picture say what the page of figures says.
@Suite struct FiguresTests {
    @Test func theREADMEAndItsPictureAgreeWithTheFigures() throws {
        let script = FilePath(#filePath)
            .removingLastComponent().removingLastComponent().removingLastComponent().removingLastComponent()
            .appending("scripts/benchmarks/plot.py")
        let check = try ChildProcess.run(
            "/usr/bin/env", ["python3", "-B", script.string, "--check"],
            environment: ["PATH=/usr/local/bin:/usr/bin:/bin"])
        #expect(check.outputText == "" && check.errorText == "")
    }
}
