// SPDX-License-Identifier: Apache-2.0

/// Rows of text under headings, in aligned columns.
package struct Table: Sendable {
    package struct Column: Sendable {
        let title: String
        let isNumeric: Bool

        /// Numbers are aligned to the right.
        package init(_ title: String, numeric: Bool = false) {
            self.title = title
            isNumeric = numeric
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    package init(_ columns: [Column]) {
        self.columns = columns
    }

    /// A cell for every column; control characters in them are made visible.
    package mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has a cell for every column")
        rows.append(cells.map(\.printable))
    }

    /// One line a row, without trailing spaces; nothing at all where there are no rows.
    package var text: StyledText {
        guard !rows.isEmpty else { return "" }
        let titles = columns.map { $0.title.uppercased() }
        let widths = columns.indices.map { column in
            rows.reduce(titles[column].count) { max($0, $1[column].count) }
        }
        return StyledText(line(titles, widths), .heading)
            + StyledText("\n" + rows.map { line($0, widths) + "\n" }.joined())
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = columns.indices.map { column in
            let gap = String(repeating: " ", count: widths[column] - cells[column].count)
            return columns[column].isNumeric ? gap + cells[column] : cells[column] + gap
        }
        let line = padded.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}
