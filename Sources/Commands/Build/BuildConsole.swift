// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Building
internal import Provisioning
internal import Synchronization
internal import SystemPackage
internal import Terminal

/// Shows a build on standard error: on a terminal one line with the step and how far it is, or else its duration and its
/// last output; elsewhere all output of the steps, or one line per step if it `isSilent`.
final class BuildConsole: BuildObserving {
    private let output = OutputStream.standardError
    private let title: String
    private let isTidy: Bool
    private let draws: Bool
    /// Whoever has it build says where the log is.
    private let isSilent: Bool
    private var progress = ProgressState("", unit: .items, at: .now)
    private var line = ""
    private var partial: [UInt8] = []
    private var live = LiveLine(on: .standardError)
    private var lastDrawn: ContinuousClock.Instant?

    init(name: String, architecture: Architecture, isVerbose: Bool, isSilent: Bool) {
        title = "\(name) \(architecture)"
        draws = OutputStream.standardError.isDrawable && !isVerbose
        isTidy = draws || isSilent
        self.isSilent = isSilent
    }

    func begin(step name: String, number: Int, of count: Int) {
        progress = ProgressState("\(title)  \(number)/\(count) \(name)", unit: .items, at: .now)
        (line, partial, lastDrawn) = ("", [], nil)
        if isTidy { draw() } else { emit(StyledText("==> ", .good) + "\(title): \(name.printable)\n") }
    }

    func write(_ bytes: [UInt8]) {
        guard isTidy else {
            // Output of a command is passed through unchanged.
            return output.pass(bytes)
        }
        partial += bytes
        guard let end = partial.lastIndex(where: { $0 == 0x0A || $0 == 0x0D }) else {
            if partial.count > 4096 { partial.removeFirst(partial.count - 4096) }
            return
        }
        let lines = partial[..<end].split { $0 == 0x0A || $0 == 0x0D }
        if let last = lines.last { line = String(decoding: last.prefix(400), as: UTF8.self) }
        if let (completed, total) = StepProgress.read(line) { progress.advance(to: completed, total: total, at: .now) }
        partial.removeSubrange(...end)
        draw()
    }

    func look() {
        if isTidy { draw() }
    }

    func end(step name: String, status: Int32, seconds: Double) {
        guard status == 0, isTidy else { return live.erase() }
        let time = StyledText("  \(Quantity.precise(.seconds(seconds)))", .dim)
        live.write(StyledText("\(title): \(name.printable)") + time + "\n")
    }

    func note(_ text: String) {
        live.erase()
        FailureRendering.note(text)
    }

    func stop() { live.erase() }

    /// Shows the end of the log, and its path.
    func fail(step: String, status: Int32, log: FilePath) {
        live.erase()
        if isTidy {
            for line in LogEnd.lines(log, count: 20) { emit("    \(line.printable)\n") }
        }
        let why = status > 128 ? "ended by signal \(status - 128)" : "exit status \(status)"
        FailureRendering(
            StepFailure(
                problem: "\(title): step \(step): \(why)", remedy: isSilent ? nil : "the complete log is \(log)",
                code: status)
        )
        .show(as: nil)
    }

    private func draw() {
        let now = ContinuousClock.now
        guard draws, lastDrawn.map({ $0.duration(to: now) >= .milliseconds(100) }) != false else { return }
        lastDrawn = now
        let width = output.width - 1
        if let fraction = progress.fraction, fraction < 1 {
            return live.draw(progress.drawing(width: width, at: now, with: output.glyphs))
        }
        let time = Quantity.duration(progress.started.duration(to: now))
        live.draw("\(output.glyphs.shortened("\(progress.activity)  \(time)  \(line)".printable, to: width))")
    }

    private func emit(_ text: StyledText) { try? output.write(text) }
}
