// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// A JSON document as it stands, before anything is made of it.
package enum JSONValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses `bytes` as JSON5: comments and trailing commas are allowed. `file` serves messages.
    package static func parse(_ bytes: [UInt8], file: String) throws(JSONError) -> JSONValue {
        if let fault = JSONSyntax.firstFault(in: bytes) {
            throw JSONError(file: file, place: fault.place, reason: fault.reason)
        }
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        guard let value = try? decoder.decode(JSONValue.self, from: Data(bytes)) else {
            throw JSONError(file: file, place: nil, reason: "invalid JSON5")
        }
        return value
    }

    /// This value with `other` laid over it: objects key by key, anything else whole; null takes a key away.
    package func overlaid(with other: JSONValue) -> JSONValue {
        guard case .object(let below) = self, case .object(let above) = other else { return other }
        var merged = below
        for (key, value) in above {
            merged[key] = value == .null ? nil : (merged[key] ?? .object([:])).overlaid(with: value)
        }
        return .object(merged)
    }

    /// As a message names it.
    package var kind: String {
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
    package init(from decoder: any Decoder) throws {
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

extension JSONValue: Encodable {
    /// Whole numbers without a fraction, as other readers want a size or a version.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .number(let value):
            if let whole = Int64(exactly: value) { try container.encode(whole) } else { try container.encode(value) }
        case .string(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }
}

/// For documents of which something is changed, and all else is to stay.
extension JSONValue {
    /// The member of an object; nil of anything else, and where it has none of that name. Setting one makes an object.
    package subscript(key: String) -> JSONValue? {
        get { if case .object(let members) = self { members[key] } else { nil } }
        set {
            var members: [String: JSONValue] = [:]
            if case .object(let own) = self { members = own }
            members[key] = newValue
            self = .object(members)
        }
    }

    /// Of an array; of anything else none.
    package var elements: [JSONValue] { if case .array(let values) = self { values } else { [] } }

    package var text: String? { if case .string(let value) = self { value } else { nil } }
}
