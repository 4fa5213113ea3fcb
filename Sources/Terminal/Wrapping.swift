// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text on lines of at most `width` columns, unless a word is longer or little room is left. The first line begins
    /// in column `indent`, and so do the others. `width` nil: on one line.
    package func wrapped(to width: Int?, indent: Int) -> String {
        guard let width, indent + columns > width, width - indent >= 20 else { return self }
        return lines(upTo: width - indent).joined(separator: "\n" + String(repeating: " ", count: indent))
    }

    /// The text on lines of at most `width` columns, unless a word is longer.
    func lines(upTo width: Int) -> [String] {
        guard columns > width else { return [self] }
        var lines: [String] = []
        for word in split(separator: " ") {
            if let last = lines.last, last.columns + 1 + String(word).columns <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
