// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Terminal

@Suite struct OutputStreamTests {
    @Test(
        arguments: [
            ([:], true), (["NO_COLOR": ""], true), (["NO_COLOR": "1"], false), (["TERM": "dumb"], false),
            (["TERM": "xterm"], true),
        ] as [([String: String], Bool)])
    func colourIsAllowedByTheEnvironment(environment: [String: String], allowed: Bool) {
        #expect(OutputStream.allowsColour { environment[$0] } == allowed)
    }
}
