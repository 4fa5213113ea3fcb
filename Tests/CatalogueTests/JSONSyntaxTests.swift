// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Catalogue

@Suite struct JSONSyntaxTests {
    private static let broken: [(bytes: [UInt8], place: String)] = [
        ([0x7B, 0x0A, 0x20, 0x20, 0xE2], "line 2, column 3"),
        ([0x7B, 0x61, 0xF0, 0x9F], "line 1, column 3"),
        ([0x7B, 0xFF, 0x3A, 0x31, 0x7D], "line 1, column 2"),
        // Longer than need be, and half of a pair.
        ([0x22, 0xC0, 0x80, 0x22], "line 1, column 2"),
        ([0x22, 0xC3, 0xBC, 0xED, 0xA0, 0x80, 0x22], "line 1, column 4"),
    ]

    /// Foundation's decoder ended the process at some of these.
    @Test(arguments: Self.broken)
    func whatIsNotUTF8IsToldByItsLine(bytes: [UInt8], place: String) throws {
        let fault = try #require(JSONSyntax.encodingFault(in: bytes))
        #expect(fault.place == place)
        #expect(fault.reason == "this is not UTF-8")
        #expect(throws: CatalogueError.self) { try JSONValue.parse(bytes, file: "d.json") }
    }

    @Test(arguments: ["", "{}", "{ ü: '€ 😀' }", "\u{FEFF}{}"])
    func whatIsUTF8HasNoSuchFault(text: String) {
        #expect(JSONSyntax.encodingFault(in: Array(text.utf8)) == nil)
    }
}
