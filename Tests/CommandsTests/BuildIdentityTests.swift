// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Commands

@Suite struct BuildIdentityTests {
    @Test func theCommitIsNamedWhereItIsKnown() {
        let configuration = BuildIdentity.configuration
        #expect(BuildIdentity.text(commit: "dd2c52f") == "mangrove \(version) (dd2c52f, \(configuration))")
        #expect(BuildIdentity.text(commit: "") == "mangrove \(version) (\(configuration))")
    }
}
