// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// As much of JSON Schema (2020-12) as the schemas in `docs` use; a keyword it does not know is a fault.
package struct JSONSchema {
    private let root: [String: Any]

    package init(_ data: Data) throws {
        root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    /// What is wrong with `document`, each with its path.
    package func faults(in document: Any) -> [String] { faults(document, root, "") }

    private func faults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        schema.flatMap { keyword, argument in faults(value, keyword, argument, schema, path) }
    }

    private func faults(
        _ value: Any, _ keyword: String, _ argument: Any, _ schema: [String: Any], _ path: String
    ) -> [String] {
        let members = value as? [String: Any] ?? [:]
        let known = schema["properties"] as? [String: [String: Any]] ?? [:]
        switch keyword {
        case "$schema", "$defs", "title", "description": return []
        case "$ref": return faults(value, definition(argument), path)
        case "type":
            let fits: [String: Bool] = [
                "object": value is [String: Any], "array": value is [Any], "string": value is String,
                "boolean": value is Bool, "integer": value is Int,
            ]
            return fits[argument as? String ?? ""] == true ? [] : ["\(path): no \(argument)"]
        case "const": return value as? Int == argument as? Int ? [] : ["\(path): not \(argument)"]
        case "enum":
            return (argument as? [String])?.contains(value as? String ?? "") == true ? [] : ["\(path): not in enum"]
        case "pattern":
            let found = (value as? String)?.range(of: argument as? String ?? "", options: .regularExpression)
            return found == nil ? ["\(path): not \(argument)"] : []
        case "minItems":
            return (value as? [Any] ?? []).count >= argument as? Int ?? 0 ? [] : ["\(path): too few"]
        case "required":
            return (argument as? [String] ?? []).filter { members[$0] == nil }.map { "\(path): \($0) is missing" }
        case "anyOf":
            let choices = argument as? [[String: Any]] ?? []
            return choices.contains { faults(value, $0, path).isEmpty } ? [] : ["\(path): none of anyOf"]
        case "items":
            return (value as? [Any] ?? []).flatMap { faults($0, argument as? [String: Any] ?? [:], path + "[]") }
        case "properties":
            return known.flatMap { key, schema in members[key].map { faults($0, schema, "\(path).\(key)") } ?? [] }
        case "propertyNames":
            return members.keys.flatMap { faults($0, argument as? [String: Any] ?? [:], "\(path).\($0)") }
        case "additionalProperties":
            let others = members.filter { known[$0.key] == nil }
            if argument as? Bool == false { return others.keys.map { "\(path).\($0): not allowed" } }
            return others.flatMap { faults($0.value, argument as? [String: Any] ?? [:], "\(path).\($0.key)") }
        default: return ["the schema at \(path) has the unknown keyword \(keyword)"]
        }
    }

    private func definition(_ reference: Any) -> [String: Any] {
        let name = (reference as? String)?.split(separator: "/").last.map(String.init) ?? ""
        return (root["$defs"] as? [String: Any])?[name] as? [String: Any] ?? ["no such definition": name]
    }
}
