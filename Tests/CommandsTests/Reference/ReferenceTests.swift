// SPDX-License-Identifier: Apache-2.0

import Filesystem
import FoundationEssentials
import SystemPackage
import Testing

@testable import Commands

/// The generated parts of `docs/` are up to date. `scripts/document` regenerates them.
@Suite struct ReferenceTests {
    private static let docs = FilePath(#filePath)
        .removingLastComponent().removingLastComponent().removingLastComponent().removingLastComponent()
        .appending("docs")

    @Test func theListOfCommandsIsUpToDate() throws {
        let groups = try CommandDescription.groups()
        #expect(MarkdownReference.missing(groups).isEmpty)
        for (page, text) in MarkdownReference.render(groups) { try expect(page, text) }
    }

    @Test func theManualPageIsUpToDate() throws {
        try expect("mangrove.1", ManualPage.render(CommandDescription.groups()))
    }

    @Test func theReportsAreDocumentedAsTheyAre() throws {
        let pages = Self.pages.filter { $0.hasPrefix("json") }
        var texts = try pages.map { try Self.read($0) }
        for (name, json) in try JSONSamples.all() {
            let marks = ("\n<!-- \(name) -->\n```json\n", "```\n")
            let page = try #require(texts.firstIndex { $0.contains(marks.0) }, "no page shows \(name)")
            let begin = try #require(texts[page].firstRange(of: marks.0))
            let end = try #require(texts[page][begin.upperBound...].firstRange(of: marks.1))
            texts[page].replaceSubrange(begin.upperBound..<end.lowerBound, with: json)
        }
        for (page, text) in zip(pages, texts) { try expect(page, text) }
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
        "acceleration-internals.md", "building.md", "ci.md", "coming-from.md", "configuration.md",
        "debian-packages.md", "exit-status.md", "faster-builds.md", "how-it-works.md", "images.md", "index.md",
        "isolation.md", "json-builds.md", "json-refresh.md", "json-roots.md", "json.md", "recipes.md",
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
