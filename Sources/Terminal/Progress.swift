// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Synchronization

/// Reports progress: drawn on a terminal, as lines elsewhere, or as JSON, one object per line.
///
/// One activity at a time. Usable from any thread. Output errors are ignored.
package final class Progress: Sendable {
    package enum Form: Sendable {
        case drawn, lines, json, silent
    }

    private struct State {
        var current: ProgressState?
        var lastShown: ProgressState.Instant?
        /// Where it is drawn.
        var line: LiveLine
        var isTicking = false
    }

    /// One line of `--progress json`. Amounts are in `unit`, `rate` is per second, times are in seconds.
    struct Event: Codable {
        enum Kind: String, Codable {
            case begin, progress, end, message, warning
        }

        var event: Kind
        var text: String?
        var activity: String?
        var unit: ProgressState.Unit?
        var completed: Int64?
        var total: Int64?
        var rate: Int64?
        var remaining: Int64?
        var elapsed: Double?
    }

    package let form: Form
    private let output: OutputStream
    private let now: @Sendable () -> ProgressState.Instant
    private let state: Mutex<State>
    /// The progress that shows this one's messages.
    private let main: Progress?

    /// `form` nil: drawn where `output` is a terminal that can, lines where it is not.
    package init(
        _ form: Form? = nil, to output: OutputStream = .standardError,
        clock now: @escaping @Sendable () -> ProgressState.Instant = { ContinuousClock().now }
    ) {
        // Never draw without a terminal, whatever was requested.
        let form = form ?? .drawn
        self.form = form == .drawn && !output.isDrawable ? .lines : form
        self.output = output
        self.now = now
        state = Mutex(State(line: LiveLine(on: output)))
        main = nil
    }

    /// For work next to that of `main`: its messages appear there, its progress is hidden.
    package init(beside main: Progress) {
        (form, output, now) = (.silent, main.output, main.now)
        state = Mutex(State(line: LiveLine(on: main.output)))
        self.main = main
    }

    /// Starts an activity; a previous one ends.
    package func begin(_ activity: String, total: Int64? = nil, unit: ProgressState.Unit = .bytes) {
        end()
        let now = now()
        let begun = ProgressState(activity, total: total, unit: unit, at: now)
        state.withLock { state in
            state.current = begun
            state.lastShown = now
            switch form {
            case .drawn:
                state.line.draw(drawing(begun, at: now))
                tick(&state)
            case .lines: emit("\(activity.printable)\n")
            case .json: emit(Event(event: .begin, activity: activity, unit: unit, total: total))
            case .silent: break
            }
        }
    }

    /// Updates the progress. May be called as often as convenient.
    package func advance(to completed: Int64, total: Int64? = nil) {
        let now = now()
        state.withLock { state in
            guard var current = state.current else { return }
            current.advance(to: completed, total: total, at: now)
            state.current = current
            guard let last = state.lastShown, last.duration(to: now) >= interval else { return }
            state.lastShown = now
            switch form {
            case .drawn: state.line.draw(drawing(current, at: now))
            case .lines: emit("\(current.activity.printable): \(current.figures(at: now))\n")
            case .json:
                emit(
                    Event(
                        event: .progress, activity: current.activity, unit: current.unit, completed: current.completed,
                        total: current.total, rate: current.rate(at: now).map { Int64($0) },
                        remaining: current.remaining(at: now)?.components.seconds))
            case .silent: break
            }
        }
    }

    /// Ends the activity, successful or not.
    package func end() {
        let now = now()
        state.withLock { state in
            guard let current = state.current else { return }
            state.current = nil
            switch form {
            case .drawn: state.line.write(current.summary(at: now))
            case .lines: break
            case .json:
                emit(
                    Event(
                        event: .end, activity: current.activity, unit: current.unit, completed: current.completed,
                        total: current.total, elapsed: current.started.duration(to: now) / .seconds(1)))
            case .silent: break
            }
        }
    }

    /// Prints a message on its own line.
    package func say(_ text: String) {
        line(text, .message)
    }

    /// Prints a warning.
    package func warn(_ text: String) {
        line(text, .warning)
    }

    /// Restores the terminal; no activity remains.
    package func stop() {
        state.withLock { state in
            state.line.erase()
            state.current = nil
        }
    }

    private func line(_ text: String, _ kind: Event.Kind) {
        if let main { return main.line(text, kind) }
        let now = now()
        state.withLock { state in
            switch form {
            case .json: emit(Event(event: kind, text: text))
            case .silent where kind == .message: break
            case .drawn, .lines, .silent:
                let label = kind == .warning ? StyledText("warning:", .doubtful) + " " : ""
                let below = form == .drawn ? state.current.map { drawing($0, at: now) } : nil
                state.line.write(label + "\(text.printable)\n", above: below ?? "")
            }
        }
    }

    /// Minimum time between two reports of one activity.
    private var interval: Duration {
        switch form {
        case .drawn: .milliseconds(100)
        case .lines: .seconds(10)
        case .json, .silent: .milliseconds(500)
        }
    }

    private func drawing(_ current: ProgressState, at now: ProgressState.Instant) -> StyledText {
        // The last column stays free: some terminals wrap as soon as it is written.
        current.drawing(width: output.width - 1, at: now, with: output.glyphs)
    }

    /// Shows from now on that time passes, whether anything else happens or not.
    private func tick(_ state: inout State) {
        guard !state.isTicking else { return }
        state.isTicking = true
        Ticker.start { [weak self] in
            guard let self else { return false }
            let now = now()
            self.state.withLock { state in
                if let current = state.current { state.line.draw(drawing(current, at: now)) }
            }
            return true
        }
    }

    private func emit(_ event: Event) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(event) else { return }
        try? output.write(json: String(decoding: data, as: UTF8.self) + "\n")
    }

    private func emit(_ text: StyledText) {
        try? output.write(text)
    }
}
