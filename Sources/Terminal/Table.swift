// SPDX-License-Identifier: Apache-2.0

/// Rows of text under headings, in aligned columns.
package struct Table: Sendable {
    package struct Column: Sendable {
        let title: String
        let isNumeric: Bool
        let isOptional: Bool

        /// Numbers are aligned to the right. An optional column is left out where there is no room for it.
        package init(_ title: String, numeric: Bool = false, optional: Bool = false) {
            self.title = title
            (isNumeric, isOptional) = (numeric, optional)
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
    package var text: StyledText { text(width: nil) }

    /// The same, without the last optional columns if it would have more than `width` columns of a terminal.
    package func text(width: Int?) -> StyledText {
        guard !rows.isEmpty else { return "" }
        let titles = columns.map { $0.title.uppercased() }
        let widths = columns.indices.map { column in
            rows.reduce(titles[column].columns) { max($0, $1[column].columns) }
        }
        var shown = Array(columns.indices)
        if let width {
            while shown.reduce(-2, { $0 + widths[$1] + 2 }) > width,
                let last = shown.lastIndex(where: { columns[$0].isOptional })
            {
                shown.remove(at: last)
            }
        }
        return StyledText(line(titles, widths, shown), .heading)
            + StyledText("\n" + rows.map { line($0, widths, shown) + "\n" }.joined())
    }

    private func line(_ cells: [String], _ widths: [Int], _ shown: [Int]) -> String {
        let padded = shown.map { column in
            let gap = String(repeating: " ", count: widths[column] - cells[column].columns)
            return columns[column].isNumeric ? gap + cells[column] : cells[column] + gap
        }
        let line = padded.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}
