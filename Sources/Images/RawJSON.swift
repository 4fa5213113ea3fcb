// SPDX-License-Identifier: Apache-2.0

/// A JSON document with all that is in it, known here or not: what is changed in it, nothing else gets lost.
package indirect enum RawJSON: Codable, Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([RawJSON])
    case object([String: RawJSON])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([RawJSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: RawJSON].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }

    /// The member of an object; nil of anything else, and where it has none of that name. Setting one makes an object.
    package subscript(key: String) -> RawJSON? {
        get { if case .object(let members) = self { members[key] } else { nil } }
        set {
            var members: [String: RawJSON] = [:]
            if case .object(let own) = self { members = own }
            members[key] = newValue
            self = .object(members)
        }
    }

    package var elements: [RawJSON] { if case .array(let values) = self { values } else { [] } }

    package var text: String? { if case .string(let value) = self { value } else { nil } }

    /// The same as `value` is encoded.
    package init(_ value: some Encodable) {
        self = ImageJSON.decode(ImageJSON.encode(value)) ?? .null
    }
}
