// SPDX-License-Identifier: Apache-2.0

import Filesystem
import FoundationEssentials
import SystemPackage
import Testing

@testable import Commands

/// What is in `docs/` and made from the commands is what the commands are now. `scripts/document` makes it anew.
@Suite struct ReferenceTests {
    private static let docs = FilePath(#filePath)
        .removingLastComponent().removingLastComponent().removingLastComponent().removingLastComponent()
        .appending("docs")

    @Test func theListOfCommandsIsUpToDate() throws {
        try expect("commands.md", MarkdownReference.render(CommandDescription.groups()))
    }

    @Test func theManualPageIsUpToDate() throws {
        try expect("mangrove.1", ManualPage.render(CommandDescription.groups()))
    }

    @Test func theReportsAreDocumentedAsTheyAre() throws {
        var text = try Self.read("json.md")
        for (name, json) in try JSONSamples.all() {
            let marks = ("\n<!-- \(name) -->\n```json\n", "```\n")
            let begin = try #require(text.firstRange(of: marks.0), "json.md does not show \(name)")
            let end = try #require(text[begin.upperBound...].firstRange(of: marks.1))
            text.replaceSubrange(begin.upperBound..<end.lowerBound, with: json)
        }
        try expect("json.md", text)
    }

    /// No command and no page that is not there.
    @Test func thePagesNameNothingThatIsNotThere() throws {
        let commands = Set(try CommandDescription.groups().flatMap(\.commands).map(\.commandName))
        for name in ["../README.md"] + Self.pages {
            let text = try Self.read(name)
            for match in text.matches(of: /mangrove ([a-z]+)[ \n`]/) {
                let before = text[..<match.range.lowerBound]
                guard before.hasSuffix("`") || before.hasSuffix("\n    ") else { continue }
                #expect(commands.contains(String(match.output.1)), "\(name): \(match.output.0)")
            }
            for match in text.matches(of: /\]\((?:docs\/)?([a-z-]+\.(?:md|json|1))[#)]/) {
                #expect(throws: Never.self, "\(name) links to \(match.output.1)") {
                    try Self.read(String(match.output.1))
                }
            }
        }
    }

    private static let pages = [
        "building.md", "ci.md", "configuration.md", "exit-status.md", "how-it-works.md", "images.md", "json.md",
        "refreshing.md", "releasing.md", "reproducing.md", "security.md", "troubleshooting.md",
    ]

    private static func read(_ name: String) throws -> String {
        String(decoding: try docs.pushing(FilePath(name)).readFile(limit: 1 << 20), as: UTF8.self)
    }

    private func expect(_ name: String, _ text: String) throws {
        if Environment.writesReference {
            try Data(text.utf8).write(to: URL(filePath: Self.docs.appending(name).string))
        }
        #expect(try Self.read(name) == text, "docs/\(name) is out of date: scripts/document")
    }
}

private enum Environment {
    static var writesReference: Bool { ProcessInfo.processInfo.environment["MANGROVE_WRITE_REFERENCE"] == "1" }
}
