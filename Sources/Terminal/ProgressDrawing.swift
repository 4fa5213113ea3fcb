// SPDX-License-Identifier: Apache-2.0

extension ProgressState {
    /// The activity on one line of at most `width` columns, for a terminal.
    package func drawing(width: Int, at now: Instant) -> String {
        let figures = figures(at: now)
        let text = figures.isEmpty ? activity.printable : activity.printable + "  "
        let room = width - figures.count
        guard text.count > room else { return text + figures }
        guard room >= 12 else { return String((text + figures).prefix(max(width, 0))) }
        return text.prefix(room - 3) + "…  " + figures
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

    /// What it came to, for the line that is left when it is over.
    package func summary(at now: Instant) -> String {
        let elapsed = started.duration(to: now)
        let tenths = Int((elapsed / .milliseconds(100)).rounded())
        let time = tenths < 100 ? "\(tenths / 10).\(tenths % 10) s" : Quantity.duration(elapsed)
        return completed > 0 ? "\(amount(completed)) in \(time)" : "in \(time)"
    }

    private func amount(_ count: Int64) -> String {
        unit == .bytes ? Quantity.bytes(count) : String(count)
    }
}
