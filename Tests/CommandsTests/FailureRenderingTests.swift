// SPDX-License-Identifier: Apache-2.0

import Failures
import Terminal
import Testing

@testable import Commands

@Suite struct FailureRenderingTests {
    private struct Broken: Failure {
        var problem = "cannot do it"
        var cause: String? = "because\nof this"
        var remedy: String? = "do that"
        var status = ExitStatus.inputOutput
    }

    @Test func isThreeLinesAtMost() {
        #expect(
            FailureRendering(Broken()).text.rendered(colour: false)
                == "mangrove: cannot do it\n  because\\u{a}of this\n  do that\n")
        #expect(
            FailureRendering(Broken(cause: nil, remedy: nil)).text == StyledText("mangrove:", .bad) + " cannot do it\n")
    }

    @Test func isOneObjectForPrograms() {
        #expect(
            FailureRendering(Broken(cause: nil)).json()
                == #"{"event":"error","problem":"cannot do it","remedy":"do that","status":74}"# + "\n")
    }

    @Test func aWrongCommandLineNamesTheHelp() {
        let error = UsageError("Missing expected argument '<name>'\n", command: "mangrove inspect")
        #expect(error.status == .usage)
        #expect(error.remedy == "see: mangrove inspect --help")
    }
}
