// SPDX-License-Identifier: Apache-2.0

/// Text for a person, with styled parts.
///
/// The only kind of text that an `OutputStream` accepts. It holds no control sequences: characters in it are shown and
/// never interpreted, whatever their source.
package struct StyledText: ExpressibleByStringInterpolation, Equatable, Sendable {
    private struct Part: Equatable {
        let text: String
        let style: Style?
    }

    private var parts: [Part]

    package init(_ text: String, _ style: Style? = nil) {
        parts = [Part(text: text, style: style)]
    }

    package init(stringLiteral value: String) {
        self.init(value)
    }

    package static func + (left: StyledText, right: StyledText) -> StyledText {
        var sum = left
        sum.parts += right.parts
        return sum
    }

    /// The text for a terminal: with our control sequences if `colour` (ECMA-48, SGR), and no others. Line breaks are
    /// kept.
    package func rendered(colour: Bool) -> String {
        parts.map { part in
            let text = part.text.visible(keepingLines: true)
            guard colour, !text.isEmpty, let style = part.style else { return text }
            return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
        }.joined()
    }
}

extension Sequence<StyledText> {
    package func joined() -> StyledText { reduce("") { $0 + $1 } }
}

extension String {
    /// The text on one line without control characters, for a field of a report.
    package var printable: String { visible(keepingLines: false) }

    /// With `\u{1b}` in place of control characters, and of those that change text direction.
    fileprivate func visible(keepingLines: Bool) -> String {
        rewritten { $0 == "\n" && keepingLines ? nil : "\\u{\(String($0.value, radix: 16))}" }
    }

    /// A JSON text with such characters escaped (RFC 8259, section 7): they can only occur in its strings.
    var escapedJSON: String {
        rewritten { scalar in
            guard scalar != "\n" else { return nil }
            return String(scalar).utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
        }
    }

    private func rewritten(_ replacement: (Unicode.Scalar) -> String?) -> String {
        // Most text is plain ASCII; looking up the category of every character of a long one takes a while.
        let keepsLines = replacement("\n") == nil
        if utf8.allSatisfy({ (0x20...0x7E).contains($0) || keepsLines && $0 == 0x0A }) { return self }
        var result = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                if let text = replacement(scalar) { result += text } else { result.unicodeScalars.append(scalar) }
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
