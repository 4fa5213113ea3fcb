// SPDX-License-Identifier: Apache-2.0

import Architectures
import Emulation
import Filesystem
import Fixtures
import FoundationEssentials
import SystemPackage
import Testing

@testable import Acceleration
@testable import Provisioning

@Suite struct EmulationAdviceTests {
    /// What is said of `program`, which took all of a run, for that reason, in a root with these packages.
    private func advice(
        _ program: String, _ outcome: DispatchLog.Outcome, agreement: String = "null", fallbacks: String = "[]",
        packages: [String: String] = ["jq": "/usr/bin/jq", "rsync": "/usr/bin/rsync"]
    ) throws -> EmulationAdvice? {
        try withScratchDirectory { scratch in
            let tree = scratch.appending("rootfs")
            try ToolsTreesTests.fill(
                tree, ToolsTreesTests.status(packages.mapValues { _ in "1.0-1" }), Architecture.host.probeProgram)
            for (name, path) in packages {
                try AtomicFile.write(
                    Array("\(path)\n".utf8), to: tree.pushing(FilePath("var/lib/dpkg/info/\(name).list")))
            }
            let report = try JSONDecoder().decode(
                TreeAcceleration.Record.self,
                from: Data(
                    """
                    {"key": {"edition": "", "packages": "", "tools": "", "made": "", "interpreter": "",
                             "changes": {"add": [], "except": []}, "agreement": \(agreement)},
                     "mounts": [], "programs": [], "fallbacks": \(fallbacks), "watched": []}
                    """.utf8))
            var root = try RootRecordTests.record()
            root.path = tree.string
            return EmulationAdviser(root: root, report: report, buildingCompilers: "mangrove tools build xen").advice(
                on: Self.profile(program, outcome)
            ).first
        }
    }

    /// A run of one process.
    private static func profile(_ program: String, _ outcome: DispatchLog.Outcome) -> RunProfile {
        let log = DispatchLog(
            records: [.init(time: 10_000_000, process: 2, outcome: outcome, program: FilePath(program))])
        var samples = ProcessSamples(processors: 1)
        for look in UInt64(0)...9 {
            samples.add(
                [.init(number: 2, parent: 1, isRunning: true, started: 1, time: look * 10_000_000)],
                at: look * 10_000_000)
        }
        return RunProfile(log, samples)
    }

    @Test func whatNobodyReviewedCanBeAdded() throws {
        let found = try advice("/usr/bin/jq", .notListed)
        #expect(found?.share == 1)
        #expect(found?.reason == "package jq has not been reviewed")
        #expect(found?.remedy?.contains("accelerate: {add: [\"jq\"]}") == true)
    }

    @Test func ofWhatIsExcludedTheReasonIsGivenAndNoRemedy() throws {
        let found = try advice("/usr/bin/rsync", .notListed)
        #expect(found?.reason == "it reports CPU features, even without arguments")
        #expect(found?.remedy == nil)
    }

    @Test func aProgramOfTheProjectIsOfNoPackage() throws {
        let found = try advice("/here/conftest", .notListed)
        #expect(found?.reason == "not part of a package, so no native equivalent")
        #expect(found?.remedy == nil)
    }

    @Test(arguments: ["cc1", "cc1plus"])
    func compilersCanBeBuilt(name: String) throws {
        let found = try advice(
            "/usr/lib/gcc/aarch64-linux-gnu/12/\(name)", .notEligible,
            agreement: #"{"exceptions": {"-fstack-protector": "other code"}, "answersAlike": true}"#)
        #expect(found?.reason == "the tools tree's generates different code with -fstack-protector…")
        #expect(found?.remedy?.hasPrefix("mangrove tools build ") == true)
    }

    @Test func soCanDriversThatAreAsked() throws {
        let found = try advice(
            "/usr/bin/aarch64-linux-gnu-gcc-12", .notEligible,
            agreement: #"{"exceptions": {}, "answersAlike": false}"#)
        #expect(found?.remedy?.hasPrefix("mangrove tools build ") == true)
        let other = try advice(
            "/usr/bin/aarch64-linux-gnu-gcc-ar-12", .notEligible,
            agreement: #"{"exceptions": {}, "answersAlike": false}"#)
        #expect(other?.remedy == nil)
    }

    @Test func aPreloadedLibraryIsNamed() throws {
        #expect(try advice("/usr/bin/jq", .byEnvironment)?.remedy?.contains("LD_PRELOAD") == true)
    }
}
