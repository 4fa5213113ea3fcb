// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Testing

@testable import Commands

@Suite struct PlainRunTests {
    /// What is not left to the parser comes to what it would have come to.
    @Test(arguments: [
        ["run", "box", "true"], ["run", "box", "--", "true"], ["run", "box", "ls", "-l", "--all"],
        ["run", "box", "--", "--version"], ["run", "box", "--", "sh", "-c", "true", "--", "x"],
        ["run", "box", "sh", "--help"],
        ["run", "box", "--", "--", "true"], ["run", "box", "a", "-"],
    ])
    func isWhatTheParserMakesOfIt(arguments: [String]) throws {
        let plain = try #require(PlainRun(arguments))
        let parsed = try #require(try Mangrove.parseAsRoot(arguments) as? Run)
        #expect(parsed.reordered(arguments) == nil)
        #expect(parsed.name == plain.name)
        #expect(parsed.program == plain.command)
        #expect(try parsed.options.settings() == RunSettings())
    }

    @Test(arguments: [
        [], ["run"], ["run", "box"], ["run", "box", "--"], ["run", "--user", "me", "box", "true"],
        ["run", "box", "--user", "me", "--", "true"], ["run", "--", "box", "true"], ["run", "--help", "box"],
        ["run", "debian:13", "true"], ["run", "", "true"], ["shell", "box", "true"], ["run", "box", "-x", "true"],
        ["run", "box", "sh", "--", "x"], ["--version", "box", "true"],
    ])
    func theRestIsTheParsers(arguments: [String]) {
        #expect(PlainRun(arguments) == nil)
    }
}
