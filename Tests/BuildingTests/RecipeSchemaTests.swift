// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Foundation
import SystemPackage
import Testing

@testable import Building

/// The examples, the schema and the reader agree.
@Suite struct RecipeSchemaTests {
    private static let top = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()

    private static func schema() throws -> [String: Any] {
        let bytes = try top.appending("docs/mangrove.schema.json").readFile()
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test func everyExampleIsARecipe() throws {
        let examples = Self.top.appending("examples")
        var count = 0
        for name in try Directory.open(examples).names().map(\.string).sorted() {
            let path = examples.appending(name).appending("mangrove.json")
            guard let bytes = try? path.readFile() else { continue }
            let recipe = try Recipe(parsing: bytes, at: path)
            #expect(!recipe.steps.isEmpty && !recipe.artifacts.isEmpty, "\(name)")
            count += 1
        }
        #expect(count >= 6)
    }

    /// A key that the schema has and the reader does not know, or the other way round, is found by reading a recipe with
    /// each of them: an unknown one is refused as such.
    @Test func theSchemaHasTheReadersKeys() throws {
        let properties = try #require(try Self.schema()["properties"] as? [String: Any])
        let needed = ["version": "1", "base": "'d'", "steps": "['x']", "artifacts": "['a']"]
        func error(_ key: String) -> RecipeError? {
            let members = needed.merging([key: "null"]) { $1 }.map { "\($0.key): \($0.value)" }
            return #expect(throws: RecipeError.self, "\(key)") {
                try Recipe(parsing: Array("{\(members.joined(separator: ", "))}".utf8), at: "/r.json")
            }
        }
        let unknown = error("zzzzzz")?.cause ?? ""
        #expect(unknown.contains("unknown key"))
        for key in properties.keys.sorted() where key != "$schema" {
            #expect(error(key)?.cause?.contains("unknown key") == false, "\(key)")
            #expect(unknown.contains(key), "\(key)")
        }
    }

    @Test func whatIsInTheDocumentationIsARecipe() throws {
        let text = String(decoding: try Self.top.appending("docs/recipes.md").readFile(), as: UTF8.self)
        let begin = try #require(text.firstRange(of: "```json5\n"))
        let end = try #require(text[begin.upperBound...].firstRange(of: "```"))
        let recipe = try Recipe(parsing: Array(text[begin.upperBound..<end.lowerBound].utf8), at: "/r.json")
        #expect(recipe.steps.count == 3)
    }
}
