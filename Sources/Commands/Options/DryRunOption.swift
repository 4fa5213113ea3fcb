// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// For every command that changes something.
struct DryRunOption: ParsableArguments {
    @Flag(name: .customLong("dry-run"), help: "Print what would be done, without doing it.")
    var isDryRun = false
}
