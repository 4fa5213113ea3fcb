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
        ["run", "box", "--", "--", "true"], ["run", "box", "a", "-"], ["run", "--accelerate", "box", "true"],
        ["run", "--no-accelerate", "--user", "me:you", "box", "--", "true"],
        ["run", "--env", "A=b", "--env", "C=d=e", "--bind", "/a:/b:ro", "--workdir", "/x", "box", "true"],
        ["run", "--throwaway", "--no-network", "box", "true", "--throwaway"],
    ])
    func isWhatTheParserMakesOfIt(arguments: [String]) throws {
        let plain = try #require(PlainRun(arguments))
        let parsed = try #require(try Mangrove.parseAsRoot(arguments) as? Run)
        #expect(parsed.reordered(arguments) == nil)
        #expect(parsed.target.name == plain.name)
        #expect(parsed.program == plain.command)
        #expect(try parsed.options.settings() == plain.settings)
    }

    @Test(arguments: [
        [], ["run"], ["run", "box"], ["run", "box", "--"], ["run", "--user=me", "box", "true"],
        ["run", "--user"], ["run", "--user", "a", "--user", "b", "box", "true"], ["run", "--env", "-x", "box", "true"],
        ["run", "--accelerate", "--no-accelerate", "box", "true"],
        ["run", "--throwaway", "--throwaway", "box", "true"],
        ["run", "--throwaway"], ["run", "--throwaway", "box"], ["run", "--dry-run", "box", "true"],
        ["run", "box", "--user", "me", "--", "true"], ["run", "--", "box", "true"], ["run", "--help", "box"],
        ["run", "debian:13", "true"], ["run", "", "true"], ["shell", "box", "true"], ["run", "box", "-x", "true"],
        ["run", "box", "sh", "--", "x"], ["--version", "box", "true"],
    ])
    func theRestIsTheParsers(arguments: [String]) {
        #expect(PlainRun(arguments) == nil)
    }
}
