// SPDX-License-Identifier: Apache-2.0

/// How a piece of text stands out, where colour is shown.
package enum Style: String, Sendable {
    case heading = "1"
    case dim = "2"
    case bad = "1;31"
    case good = "32"
    case doubtful = "33"

    /// `text` in this style, or as it is where `colour` is false (ECMA-48, SGR).
    package func applied(to text: String, colour: Bool) -> String {
        colour ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}

extension String {
    /// This text on one line and without anything a terminal would obey: text from archives and servers is not trusted.
    package var printable: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
