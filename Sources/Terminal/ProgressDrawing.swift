// SPDX-License-Identifier: Apache-2.0

extension ProgressState {
    /// What a line shows besides the activity: less and less where the terminal is narrower. What is left out first is
    /// what the rest tells as well.
    private struct Layout {
        var bar = false
        var amount = false
        var rate = false
        var remaining = false
        /// Columns that the activity gets before a narrower layout is chosen.
        var activity: Int

        static let all = [
            Layout(bar: true, amount: true, rate: true, remaining: true, activity: 36),
            Layout(bar: true, rate: true, remaining: true, activity: 35),
            Layout(bar: true, remaining: true, activity: 24),
            Layout(remaining: true, activity: 12),
            Layout(activity: 6),
        ]
    }

    /// Of a bar, without the space before it.
    private static let barWidths = 8...30

    /// The activity on one line of at most `width` columns, for a terminal.
    package func drawing(width: Int, at now: Instant, with glyphs: Glyphs) -> StyledText {
        let activity = activity.printable
        guard let fraction else {
            let figures = fittingFigures(width, at: now)
            let room = figures.isEmpty ? width : width - figures.count - 2
            return StyledText(glyphs.shortened(activity, to: room) + (figures.isEmpty ? "" : "  " + figures))
        }
        for layout in Layout.all {
            // Columns are set apart for numbers as long as they may become: nothing moves while they change.
            var room = width - 6
            if layout.bar { room -= Self.barWidths.lowerBound + 2 }
            if layout.amount { room -= 2 * amount(total ?? 0).count + 6 }
            if layout.rate, unit == .bytes { room -= 11 }
            if layout.remaining { room -= 17 }
            guard room >= min(activity.columns, layout.activity) else { continue }
            let shown = glyphs.shortened(activity, to: room)
            var line = StyledText(shown)
            if layout.bar {
                let spare = Self.barWidths.lowerBound + room - shown.columns
                line = line + "  " + glyphs.bar(fraction, width: min(spare, Self.barWidths.upperBound))
            }
            return line + StyledText("  " + figures(layout, fraction, at: now))
        }
        return StyledText(glyphs.shortened(activity, to: max(width, 0)))
    }

    private func figures(_ layout: Layout, _ fraction: Double, at now: Instant) -> String {
        let percentage = "\(Int(fraction * 100))%"
        var parts = [String(repeating: " ", count: 4 - percentage.count) + percentage]
        if layout.amount, let total { parts.append("\(amount(completed)) of \(amount(total))") }
        if layout.rate, unit == .bytes, let rate = rate(at: now) { parts.append(Quantity.bytes(Int64(rate)) + "/s") }
        if layout.remaining, let remaining = remaining(at: now) { parts.append(Quantity.duration(remaining) + " left") }
        return parts.joined(separator: "  ")
    }

    /// Of an activity without an end in sight: what was done, or how long it takes already.
    private func fittingFigures(_ width: Int, at now: Instant) -> String {
        let elapsed = started.duration(to: now)
        let all =
            completed > 0
            ? [figures(at: now), amount(completed)] : elapsed < .seconds(2) ? [] : [Quantity.duration(elapsed)]
        return all.first { $0.count + 2 + 12 <= width } ?? ""
    }

    /// What is known in numbers: share, amount, rate, time left.
    package func figures(at now: Instant) -> String {
        var parts: [String] = []
        if let fraction { parts.append("\(Int(fraction * 100))%") }
        if let total {
            parts.append("\(amount(completed)) of \(amount(total))")
        } else if completed > 0 {
            parts.append(amount(completed))
        }
        if let rate = rate(at: now), unit == .bytes { parts.append(Quantity.bytes(Int64(rate)) + "/s") }
        if let remaining = remaining(at: now) { parts.append(Quantity.duration(remaining) + " left") }
        return parts.joined(separator: "  ")
    }

    /// The line that is left when it is over, with what it came to.
    package func summary(at now: Instant) -> StyledText {
        let time = Quantity.precise(started.duration(to: now))
        let amount = completed > 0 ? "\(amount(completed)) in " : ""
        return StyledText(activity.printable) + StyledText("  \(amount)\(time)", .dim) + "\n"
    }

    private func amount(_ count: Int64) -> String {
        unit == .bytes ? Quantity.bytes(count) : String(count)
    }
}
