// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// For every command that reports.
struct FormatOptions: ParsableArguments {
    @Option(help: "How to print the report.")
    var format = OutputFormat.table
}
