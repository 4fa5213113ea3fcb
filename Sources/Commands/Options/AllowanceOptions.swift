// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning

/// What the source of a root may do without.
struct AllowanceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Take no package from this suite of updates, which the mirror lacks or has damaged. Repeatable.",
            valueName: "suite"))
    var skipSuite: [String] = []

    @Flag(help: "Take an archive whose signed metadata is past its Valid-Until, as a snapshot's is.")
    var allowExpired = false

    @Flag(help: "Take a base tarball although the mirror lacks the signature that the distro publishes.")
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
