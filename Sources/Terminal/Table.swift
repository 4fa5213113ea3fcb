// SPDX-License-Identifier: Apache-2.0

/// Rows of text under headings, in aligned columns.
package struct Table: Sendable {
    package struct Column: Sendable {
        let title: String
        let isNumeric: Bool
        let isOptional: Bool
        let isWrapped: Bool

        /// Numbers are aligned to the right. Where there is no room, an optional column is left out, and text in a wrapped
        /// one continues on further lines.
        package init(_ title: String, numeric: Bool = false, optional: Bool = false, wrapped: Bool = false) {
            self.title = title
            (isNumeric, isOptional, isWrapped) = (numeric, optional, wrapped)
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

    /// The same on a terminal of `width` columns: first, wrapped columns become narrower; if that does not suffice, the
    /// last optional columns are left out.
    package func text(width: Int?) -> StyledText {
        guard !rows.isEmpty else { return "" }
        let titles = columns.map { $0.title.uppercased() }
        let layout = Layout(columns, titles, rows, width)
        return StyledText(lines(titles, layout), .heading)
            + StyledText("\n" + rows.map { lines($0, layout) + "\n" }.joined())
    }

    private func lines(_ cells: [String], _ layout: Layout) -> String {
        let parts = columns.indices.map { column in
            columns[column].isWrapped ? cells[column].lines(upTo: layout.widths[column]) : [cells[column]]
        }
        let count = layout.shown.reduce(1) { max($0, parts[$1].count) }
        return (0..<count).map { index in
            line(parts.map { index < $0.count ? $0[index] : "" }, layout)
        }.joined(separator: "\n")
    }

    private func line(_ cells: [String], _ layout: Layout) -> String {
        let padded = layout.shown.map { column in
            // A word may be longer than its column is wide.
            let gap = String(repeating: " ", count: max(layout.widths[column] - cells[column].columns, 0))
            return columns[column].isNumeric ? gap + cells[column] : cells[column] + gap
        }
        let line = padded.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}

extension Table {
    /// The columns that are shown, and the widths of all.
    private struct Layout {
        private(set) var shown: [Int]
        private(set) var widths: [Int]

        /// A column is not made narrower than its longest word, if that is no longer than this.
        private static let longestWord = 32

        init(_ columns: [Column], _ titles: [String], _ rows: [[String]], _ width: Int?) {
            let cells = columns.indices.map { column in [titles[column]] + rows.map { $0[column] } }
            shown = Array(columns.indices)
            widths = cells.map { $0.reduce(0) { max($0, $1.columns) } }
            guard let width else { return }
            let least = columns.indices.map { column in
                guard columns[column].isWrapped else { return widths[column] }
                let words = cells[column].flatMap { $0.split(separator: " ") }
                return min(words.reduce(0) { max($0, String($1).columns) }, Self.longestWord)
            }
            while excess(of: least, over: width) > 0, let last = shown.lastIndex(where: { columns[$0].isOptional }) {
                shown.remove(at: last)
            }
            while excess(of: widths, over: width) > 0,
                let widest = shown.filter({ widths[$0] > least[$0] }).max(by: { widths[$0] < widths[$1] })
            {
                widths[widest] -= 1
            }
        }

        private func excess(of widths: [Int], over width: Int) -> Int {
            shown.reduce(-2) { $0 + widths[$1] + 2 } - width
        }
    }
}
