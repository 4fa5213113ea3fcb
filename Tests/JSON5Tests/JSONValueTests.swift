// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import JSON5

@Suite struct JSONValueTests {
    private func written(_ value: JSONValue) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// What is read is written as it was: sizes and versions without a fraction, too.
    @Test func whatIsNotChangedStays() throws {
        let text = #"{"a":[1,30000000000,-0.5,true,null,"1"],"b":{"c":"/x"},"size":9007199254740991}"#
        var value = try JSONValue.parse(Array(text.utf8), file: "a")
        #expect(try written(value) == text)
        value["b"]?["d"] = .number(2)
        value["a"] = nil
        #expect(try written(value) == #"{"b":{"c":"/x","d":2},"size":9007199254740991}"#)
        #expect(value["b"]?["c"]?.text == "/x" && value["size"]?["x"] == nil && value["b"]?.elements == [])
    }
}
