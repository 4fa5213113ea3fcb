// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Filesystem
import Fixtures
import Sandbox
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct SourceAllowancesTests {
    private final class Errands: AccelerationErrands {
        nonisolated(unsafe) var asked: [SourceAllowances] = []

        func make(
            _ subject: ToolsTrees.Subject, outdated: [OutdatedTool], _ allowances: SourceAllowances, required: Bool
        ) throws(ProvisioningError) -> Bool {
            asked.append(allowances)
            return false
        }

        func compareCompilers(of name: RootName) {}
        func buildingCompilers(for name: RootName) -> String { "" }
        func note(_ text: String) {}
    }

    @Test func theyComeBackFromTheRecordWhereThereAreAny() throws {
        var record = try RootRecordTests.record()
        record.allowances = SourceAllowances().recorded
        #expect(!String(decoding: record.encoded(), as: UTF8.self).contains("allow"))
        let allowances = SourceAllowances(skippedSuites: ["noble-updates"], allowsUnsigned: true)
        record.allowances = allowances.recorded
        #expect(try RootRecord(parsing: record.encoded(), at: "root.json").allowances == allowances)
    }

    /// The tools tree of a root that does without a suite cannot be had from there otherwise.
    @Test func aRunThatNeedsAToolsTreeHasItMadeAsTheRootWas() throws {
        try withScratchDirectory { scratch in
            let store = RootStore(scratch.appending("roots"))
            let allowances = SourceAllowances(skippedSuites: ["bookworm-updates"], allowsUnsigned: true)
            let staging = try store.stage(try RootName("box"))
            var record = try RootRecordTests.record("box")
            record.distro = "debian"
            record.allowances = allowances
            try staging.publish(record, using: DirectPerformer())
            let subject = ToolsTrees.Subject(distro: "debian", release: "12", architecture: .s390x)
            let one = [IdentityRange(inside: 0, outside: 0, count: 1)]
            let errands = Errands()
            let run = try AcceleratedRun.prepare(
                RunRequest(command: ["true"]), in: "box", of: store,
                caller: Caller(
                    identity: .direct(users: one, groups: one), currentDirectory: "/", environment: [:]),
                accelerator: Accelerator(
                    AccelerationChoice(.full, isRequired: true), for: subject,
                    tools: ToolsTrees(Cache(scratch.appending("cache")))),
                errands: errands, workers: { DirectPerformer() })
            switch run {
            case .none: break
            case .some: Issue.record("there is no tools tree")
            }
            #expect(errands.asked == [allowances])
        }
    }
}
