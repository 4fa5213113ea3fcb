// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Building
internal import Provisioning
internal import Synchronization
internal import SystemPackage
internal import Terminal

/// Shows a build on standard error: on a terminal one line with the step, its duration and its last output, elsewhere
/// all output of the steps, or one line per step if it `isSilent`.
final class BuildConsole: BuildObserving {
    private let output = OutputStream.standardError
    private let title: String
    private let isTidy: Bool
    private let draws: Bool
    /// Whoever has it build says where the log is.
    private let isSilent: Bool
    private var step = ""
    private var position = ""
    private var begun = ContinuousClock.now
    private var line = ""
    private var partial: [UInt8] = []
    private var isDrawn = false

    init(name: String, architecture: Architecture, isVerbose: Bool, isSilent: Bool) {
        title = "\(name) \(architecture)"
        draws = OutputStream.standardError.isTerminal && !isVerbose
        isTidy = draws || isSilent
        self.isSilent = isSilent
    }

    func begin(step name: String, number: Int, of count: Int) {
        (step, position, begun, line) = (name, "\(number)/\(count)", .now, "")
        partial = []
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
        partial.removeSubrange(...end)
        draw()
    }

    func look() {
        if isTidy { draw() }
    }

    func end(step name: String, status: Int32, seconds: Double) {
        erase()
        if status == 0, isTidy { emit("\(title): \(name.printable)  \(Self.time(seconds))\n") }
    }

    func note(_ text: String) {
        erase()
        FailureRendering.note(text)
    }

    func stop() { erase() }

    /// Shows the end of the log, and its path.
    func fail(step: String, status: Int32, log: FilePath) {
        erase()
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
        guard draws else { return }
        let now = ContinuousClock.now
        let head = "\(title)  \(position) \(step)  \(Self.time(begun.duration(to: now) / .seconds(1)))  "
        try? output.redraw("\((head + line).printable.prefix(max(output.width - 1, 0)))")
        isDrawn = true
    }

    private func erase() {
        if isDrawn { try? output.redraw("") }
        isDrawn = false
    }

    private func emit(_ text: StyledText) { try? output.write(text) }

    private static func time(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return seconds < 60 ? "\(tenths / 10).\(tenths % 10) s" : Quantity.duration(.seconds(seconds))
    }
}
