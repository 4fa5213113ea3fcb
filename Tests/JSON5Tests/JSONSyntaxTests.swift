// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import JSON5

@Suite struct JSONSyntaxTests {
    private static let broken: [(bytes: [UInt8], place: String)] = [
        ([0x7B, 0x0A, 0x20, 0x20, 0xE2], "line 2, column 3"),
        ([0x7B, 0x61, 0xF0, 0x9F], "line 1, column 3"),
        ([0x7B, 0xFF, 0x3A, 0x31, 0x7D], "line 1, column 2"),
        // In a comment, but what is read as UTF-16 has other ones.
        ([0x2F, 0x2A, 0, 0x2A, 8, 0, 0, 0, 0x2F, 0x2F, 0x2A, 0x67, 0, 0x2A, 0x2F, 0x35], "line 1, column 3"),
        // Longer than need be, and half of a pair.
        ([0x22, 0xC0, 0x80, 0x22], "line 1, column 2"),
        ([0x22, 0xC3, 0xBC, 0xED, 0xA0, 0x80, 0x22], "line 1, column 4"),
    ]

    /// Foundation's decoder ended the process at some of these.
    @Test(arguments: Self.broken)
    func whatIsNotUTF8IsToldByItsLine(bytes: [UInt8], place: String) throws {
        let fault = try #require(JSONSyntax.firstFault(in: bytes))
        #expect(fault.place == place)
        #expect(["invalid UTF-8", "unexpected zero byte"].contains(fault.reason))
        #expect(throws: JSONError.self) { try JSONValue.parse(bytes, file: "d.json") }
    }

    /// Numbers that Foundation's decoder does not survive.
    @Test(arguments: ["1e-", "{ a: -3.e- }", "[1.5e+]", "[1, 2e]", "0x", "--1", "[1.2.3]"])
    func whatIsNoNumberIsToldByItsLine(text: String) {
        #expect(JSONSyntax.firstFault(in: Array(text.utf8))?.reason == "expected a value")
        #expect(throws: JSONError.self) { try JSONValue.parse(Array(text.utf8), file: "d.json") }
    }

    @Test func aKeyThatIsThereTwiceIsToldByItsLine() {
        let fault = JSONSyntax.firstFault(in: Array("{a: {b: 1},\n c: {b: 1, 'b': 2}}".utf8))
        #expect(fault?.place == "line 2, column 12")
        #expect(fault?.reason == "duplicate key b")
    }

    /// What JSON5 has and JSON has not.
    @Test(arguments: [
        "{}", "{ ü: '€ 😀' }", "\u{FEFF}{}", "{ $a_1: +1., b: .5, c: 0x1F, d: -Infinity, e: NaN, f: 1E+2, }",
        "[1e-3, -2.5, /* c */ 'a\\\nb', // d\n\"\\u00e9\",]",
    ])
    func whatIsJSON5HasNoFault(text: String) throws {
        #expect(JSONSyntax.firstFault(in: Array(text.utf8)) == nil)
        _ = try JSONValue.parse(Array(text.utf8), file: "d.json")
    }
}
