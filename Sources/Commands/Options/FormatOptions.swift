// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// For every command that reports.
struct FormatOptions: ParsableArguments {
    @Option(help: "The format.")
    var format = OutputFormat.table
}
