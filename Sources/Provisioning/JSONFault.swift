// SPDX-License-Identifier: Apache-2.0

/// Where JSON is not what it should be, in one line.
struct JSONFault: CustomStringConvertible {
    /// The key, as in `network.stallTimeout`; nil for the whole.
    let key: String?
    let reason: String

    init(_ error: DecodingError) {
        let (path, reason): ([any CodingKey], String) =
            switch error {
            case .keyNotFound(let key, let context): (context.codingPath + [key], "missing")
            case .typeMismatch(let type, let context): (context.codingPath, "expected a \(Self.word(for: type))")
            case .valueNotFound(let type, let context): (context.codingPath, "expected a \(Self.word(for: type))")
            case .dataCorrupted(let context): (context.codingPath, Self.detail(of: context))
            @unknown default: ([], "invalid value")
            }
        let key = path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        self.key = key.isEmpty ? nil : key
        self.reason = reason
    }

    var description: String { key.map { "\($0): \(reason)" } ?? reason }

    private static func detail(of context: DecodingError.Context) -> String {
        // For malformed text the decoder's own error, below, knows line and column.
        guard let below = context.underlyingError else { return context.debugDescription }
        return "\(below)".split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private static func word(for type: Any.Type) -> String {
        switch type {
        case is String.Type: "string"
        case is Int.Type, is Double.Type, is UInt64.Type, is Int64.Type: "number"
        case is Bool.Type: "boolean"
        case is any Collection.Type: "list or object"
        default: "value of another type"
        }
    }
}
