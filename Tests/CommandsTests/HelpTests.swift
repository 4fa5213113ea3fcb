// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Testing

@testable import Commands

@Suite struct HelpTests {
    /// Every command and the words that lead to it.
    static func walk(
        _ command: any ParsableCommand.Type = Mangrove.self, _ path: [String] = []
    ) -> [(command: any ParsableCommand.Type, path: [String])] {
        [(command, path)]
            + command.configuration.everySubcommand.flatMap { walk($0, path + [$0._commandName]) }
    }

    @Test func everyCommandExplainsItself() throws {
        for (command, path) in Self.walk() {
            #expect(!command.configuration.abstract.isEmpty, "\(path)")
            let error = #expect(throws: (any Error).self) {
                var help = try Mangrove.parseAsRoot(path + ["--help"])
                try help.run()
            }
            let help = Mangrove.fullMessage(for: try #require(error), columns: 80)
            #expect(Mangrove.exitCode(for: try #require(error)) == .success)
            #expect(help.contains("USAGE: " + (["mangrove"] + path).joined(separator: " ")), "\(path)")
            // The parser does not wrap the line with the usage; the terminal does.
            let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
            let rows = lines.reduce(0) { $0 + max(1, ($1.count + 79) / 80) }
            #expect(rows <= 50, "\(path): \(rows) rows do not fit a screen")
        }
    }

    @Test func theNameOfACommandIsFoundInItsArguments() {
        #expect(Mangrove.name(of: ["list", "--format", "xml"]) == "mangrove list")
        #expect(Mangrove.name(of: ["--bogus"]) == "mangrove")
    }
}
