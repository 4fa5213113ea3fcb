// SPDX-License-Identifier: Apache-2.0

/// The last line of a terminal: redrawn in place, with finished lines above it.
///
/// Each change is a single write(2) that overwrites what was there, and an unchanged line is not written again: nothing
/// flickers. The cursor stays visible, so there is nothing to restore after a signal.
package struct LiveLine: Sendable {
    private let output: OutputStream
    /// The line that is there; empty if there is none.
    private var shown: StyledText = ""

    package init(on output: OutputStream) {
        self.output = output
    }

    /// Replaces the line. It must fit in the terminal's width.
    package mutating func draw(_ line: StyledText) {
        guard line != shown else { return }
        shown = line
        try? output.redraw(line)
    }

    /// Writes `finished`, whole lines, where the line is, and `line` below it.
    package mutating func write(_ finished: StyledText, above line: StyledText = "") {
        if shown == "", line == "" {
            try? output.write(finished)
        } else {
            shown = line
            try? output.redraw(line, below: finished)
        }
    }

    package mutating func erase() { draw("") }
}
