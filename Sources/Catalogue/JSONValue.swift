// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// A JSON document as it stands, before anything is made of it.
enum JSONValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses `bytes` as JSON5: comments and trailing commas are allowed. `file` serves messages.
    static func parse(_ bytes: [UInt8], file: String) throws(CatalogueError) -> JSONValue {
        if let fault = JSONSyntax.firstFault(in: bytes) {
            throw CatalogueError(.malformed(place: fault.place, reason: fault.reason), file)
        }
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        guard let value = try? decoder.decode(JSONValue.self, from: Data(bytes)) else {
            throw CatalogueError(.malformed(place: nil, reason: "it is no JSON5"), file)
        }
        return value
    }

    /// This value with `other` laid over it: objects key by key, anything else whole; null takes a key away.
    func overlaid(with other: JSONValue) -> JSONValue {
        guard case .object(let below) = self, case .object(let above) = other else { return other }
        var merged = below
        for (key, value) in above {
            merged[key] = value == .null ? nil : (merged[key] ?? .object([:])).overlaid(with: value)
        }
        return .object(merged)
    }

    /// As a message names it.
    var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([String: JSONValue].self) {
            self = .object(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else {
            self = .number(try container.decode(Double.self))
        }
    }
}
