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

    private func expect(_ name: String, _ text: String) throws {
        let path = Self.docs.appending(name)
        if Environment.writesReference {
            try Data(text.utf8).write(to: URL(filePath: path.string))
        }
        let found = String(decoding: try path.readFile(limit: 1 << 20), as: UTF8.self)
        #expect(found == text, "docs/\(name) is out of date: scripts/document")
    }
}

private enum Environment {
    static var writesReference: Bool { ProcessInfo.processInfo.environment["MANGROVE_WRITE_REFERENCE"] == "1" }
}
