// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import FoundationEssentials
internal import Terminal

/// The one place that reports failures: at most three lines, on standard error.
struct FailureRendering {
    let failure: any Failure

    init(_ failure: any Failure) {
        self.failure = failure
    }

    /// `mangrove: what failed`, then why and what to do where that is known.
    var text: StyledText {
        let rest = [failure.cause, failure.remedy].compactMap(\.self).map { "  " + $0.printable }
        let lines = [" " + failure.problem.printable] + rest
        return StyledText("mangrove:", .bad) + StyledText(lines.map { $0 + "\n" }.joined())
    }

    /// One object on one line, for whoever asked for `--progress json`.
    func json() -> String {
        struct Event: Encodable {
            let event = "error"
            let problem: String
            let cause: String?
            let remedy: String?
            let status: Int32
        }
        let event = Event(
            problem: failure.problem, cause: failure.cause, remedy: failure.remedy, status: failure.status.rawValue)
        return Console.json(event, pretty: false)
    }

    /// A message that does not stop the command.
    static func note(_ text: String) {
        try? OutputStream.standardError.write(StyledText("mangrove:", .bad) + " \(text.printable)\n")
    }

    func show(as form: Progress.Form?) {
        let error = OutputStream.standardError
        if form == .json { try? error.write(json: json()) } else { try? error.write(text) }
    }
}
