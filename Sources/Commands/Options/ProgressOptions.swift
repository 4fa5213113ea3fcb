// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Terminal

/// For every command that takes a while.
struct ProgressOptions: ParsableArguments {
    enum Form: String, ExpressibleByArgument, CaseIterable {
        case auto, lines, json, none
    }

    @Option(
        name: .customLong("progress"),
        help: "Progress on standard error.")
    var chosen = Form.auto

    /// Nil: as standard error allows.
    var form: Progress.Form? {
        switch chosen {
        case .auto: nil
        case .lines: .lines
        case .json: .json
        case .none: .silent
        }
    }
}

/// A command with `--progress`, which decides how its errors are told as well.
protocol ShowsProgress {
    var progress: ProgressOptions { get }
}
