// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Terminal
import Testing

@testable import Commands

@Suite struct IntroductionTests {
    @Test func itFitsATerminal() {
        let text = Introduction.text.rendered(colour: false)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 24)
        for line in lines { #expect(line.count <= 80, "\(line)") }
        #expect(text.contains("mangrove --help"))
    }

    @Test func itsExamplesAreCommandLines() throws {
        for (name, _, example) in Introduction.commands {
            let words = example.split(separator: " ").map(String.init)
            let command = try Mangrove.parseAsRoot(Array(words.dropFirst()))
            #expect(words[0] == "mangrove" && words[1] == name)
            #expect(type(of: command)._commandName == name)
        }
    }
}
