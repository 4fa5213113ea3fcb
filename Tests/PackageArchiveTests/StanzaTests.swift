// SPDX-License-Identifier: Apache-2.0

import PackageArchive
import Testing

struct StanzaTests {
    @Test func fieldsKeepTheirLines() throws {
        let text = """
            # a comment
            Package: one
            # within
            Description: short
             long
             .
              indented
            EMPTY:

            \t
            package:two\t
            """
        let stanzas = try Stanza.parse(text, file: "control")
        #expect(stanzas.count == 2)
        #expect(stanzas[0]["package"] == "one")
        #expect(stanzas[0]["Description"] == "short\nlong\n.\n indented")
        #expect(stanzas[0]["Empty"] == "")
        #expect(stanzas[0]["Missing"] == nil)
        #expect(stanzas[1]["Package"] == "two")
    }

    @Test(arguments: ["no field", " continued\n", ": value\n"])
    func whatIsNoFieldIsRefused(_ text: String) {
        #expect { try Stanza.parse(text, file: "control") } throws: {
            ($0 as? PackageArchiveError)?.kind == .malformed
        }
    }
}
