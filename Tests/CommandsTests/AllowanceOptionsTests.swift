// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Provisioning
import Testing

@testable import Commands

@Suite struct AllowanceOptionsTests {
    /// A run has its tools tree made by another process, which must allow what the root's record does.
    @Test func whatIsRecordedGoesOverACommandLine() throws {
        for allowances in [
            SourceAllowances(), SourceAllowances(skippedSuites: ["a-updates", "a-security"]),
            SourceAllowances(allowsUnsigned: true), SourceAllowances(allowsExpired: true),
            SourceAllowances(skippedSuites: ["x"], allowsUnsigned: true, allowsExpired: true),
        ] {
            let arguments = AllowanceOptions.arguments(for: allowances)
            #expect(try AllowanceOptions.parse(arguments).allowances == allowances)
            let command = try Mangrove.parseAsRoot(["make-tools"] + arguments + ["--", "debian", "12", "arm64"])
            #expect((command as? MakeTools)?.allowed.allowances == allowances)
        }
    }

    @Test func unsignedArchivesDoNotGoTogetherWithTarballsOfTheUsers() {
        for option in ["--allow-unsigned", "--allow-expired", "--skip-suite=x"] {
            #expect(throws: (any Error).self) { try Mangrove.parseAsRoot(["create", "a", "--from", "x.tar", option]) }
        }
    }
}
