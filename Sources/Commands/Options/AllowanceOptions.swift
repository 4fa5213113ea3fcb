// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning

/// What the source of a root may do without.
struct AllowanceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Skip this update suite. Repeatable.",
            valueName: "suite"))
    var skipSuite: [String] = []

    @Flag(help: "Accept archive metadata past its Valid-Until.")
    var allowExpired = false

    @Flag(help: "Accept a mirror without the base tarball's signature.")
    var allowUnsigned = false

    var allowances: SourceAllowances {
        SourceAllowances(skippedSuites: skipSuite, allowsUnsigned: allowUnsigned, allowsExpired: allowExpired)
    }

    /// The options that say `allowances`.
    static func arguments(for allowances: SourceAllowances) -> [String] {
        allowances.skippedSuites.flatMap { ["--skip-suite", $0] }
            + (allowances.allowsExpired ? ["--allow-expired"] : [])
            + (allowances.allowsUnsigned ? ["--allow-unsigned"] : [])
    }
}
