// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@Suite struct AccelerationPlanTests {
    @Test func eligibleProgramsOfTheSameVersionArePaired() throws {
        try PairedTrees.with { trees in
            try trees.installBoth("sed", "4.9-1", "/bin/sed")
            try trees.installBoth("coreutils", "9.1-1", "/bin/cat", "/usr/bin/nproc")
            let plan = try trees.plan()
            #expect(plan.programs == ["/usr/bin/cat", "/usr/bin/sed"])
            #expect(plan.entries.count == 2)
            #expect(plan.reason("coreutils", "/usr/bin/nproc") == "the emulator may report other CPUs")
            #expect(plan.mounts.map(\.target) == ["/run/mangrove/tools", "/run/mangrove/ld.so", "/run/mangrove/lib"])
            guard case .program(let path, _, _, _) = plan.entries[0].kind else {
                Issue.record("no program")
                return
            }
            #expect(path.starts(with: "/run/mangrove/tools/usr/bin"))
        }
    }

    @Test func onlyTheUpstreamVersionHasToBeTheSame() throws {
        try PairedTrees.with { trees in
            try trees.install("sed", "1:4.9-1+b1", in: trees.root, ["/bin/sed": .program])
            try trees.install("sed", "4.9-2~deb12u1", in: trees.tools, ["/bin/sed": .program])
            try trees.install("grep", "3.8-5", in: trees.root, ["/bin/grep": .program])
            try trees.install("grep", "3.11-5", in: trees.tools, ["/bin/grep": .program])
            let plan = try trees.plan()
            #expect(plan.programs == ["/usr/bin/sed"])
            #expect(plan.reason("grep") == "version 3.8-5 differs from the tools tree's 3.11-5")
        }
    }

    @Test func whatTheToolsTreeLacksIsEmulated() throws {
        try PairedTrees.with { trees in
            try trees.installBoth("sed", "4.9-1", "/bin/sed")
            try trees.install("grep", "3.8", in: trees.root, ["/bin/grep": .program])
            try trees.install("tar", "1.34", in: trees.root, ["/bin/tar": .program])
            try trees.install("tar", "1.34", in: trees.tools, [:])
            let plan = try trees.plan()
            #expect(plan.programs == ["/usr/bin/sed"])
            #expect(plan.reason("grep") == "not in the tools tree")
            #expect(plan.reason("tar", "/usr/bin/tar") == "not in the tools tree")
        }
    }

    @Test func filesOfOtherKindsAreLeftAlone() throws {
        try PairedTrees.with { trees in
            try trees.installBoth("sed", "4.9-1", "/bin/sed", "/usr/lib/sed/helper", "/usr/share/sed/thing")
            try trees.installBoth("grep", "3.8-5", "/bin/grep")
            // A script of that name now; and a link, to a program that is not eligible.
            let bin = try Directory.open(trees.root.appending("usr/bin"))
            try bin.createFile("grep", holding: Array("#!/bin/sh\n".utf8), permissions: [.ownerReadWriteExecute])
            try trees.installBoth("tar", "1.34", "/bin/tar")
            try bin.unlink("tar")
            try bin.makeSymbolicLink("tar", to: "sed")
            #expect(try trees.plan().programs == ["/usr/bin/sed"])
        }
    }

    @Test func privilegedProgramsAreEmulatedUnderAllTheirNames() throws {
        try PairedTrees.with { trees in
            try trees.installBoth("sed", "4.9-1", "/bin/sed", "/bin/sed2")
            let path = trees.root.appending("usr/bin")
            let bin = try Directory.open(path)
            try bin.unlink("sed2")
            #expect(Glibc.link(path.appending("sed").string, path.appending("sed2").string) == 0)
            #expect(chmod(path.appending("sed").string, 0o4755) == 0)
            try trees.installBoth("grep", "3.8-5", "/bin/grep")
            let plan = try trees.plan()
            #expect(plan.programs == ["/usr/bin/grep"])
            #expect(plan.reason("sed", "/usr/bin/sed") == "setuid or setgid")
        }
    }

    @Test func whatDependsOnTheSizeOfAWordIsFor64BitRootsOnly() throws {
        try PairedTrees.with(.armhf) { trees in
            try trees.installBoth("mawk", "1.3", "/usr/bin/mawk")
            try trees.installBoth("sed", "4.9-1", "/bin/sed")
            let plan = try trees.plan()
            #expect(plan.programs == ["/usr/bin/sed"])
            #expect(plan.reason("mawk")?.contains("word size") == true)
        }
    }

    @Test func usersAddAndExcept() throws {
        try PairedTrees.with { trees in
            try trees.installBoth("sed", "4.9-1", "/bin/sed")
            try trees.installBoth("grep", "3.8-5", "/bin/grep", "/bin/egrep")
            try trees.installBoth("own", "1", "/usr/bin/own")
            // It would make the host's code.
            try trees.installBoth("gcc-12", "12", "/usr/bin/gcc-12")
            let plan = try trees.plan {
                $0.changes = EligibilityChanges(add: ["own", "gcc-12"], except: ["sed", "/usr/bin/egrep"])
            }
            #expect(plan.programs == ["/usr/bin/grep", "/usr/bin/own"])
            #expect(plan.reason("grep", "/usr/bin/egrep") == EligibilityChanges.reason)
        }
    }

    @Test func scriptsAreEligibleOneByOne() throws {
        try PairedTrees.with { trees in
            try trees.installBoth("perl-base", "5.36.0-7", "/usr/bin/perl")
            try trees.install(
                "debhelper", "13", in: trees.root,
                ["/usr/bin/dh": .text("#!/usr/bin/perl\n"), "/usr/bin/sh-script": .text("#!/bin/sh\n")])
            try trees.install("other", "13", in: trees.root, ["/usr/bin/other": .text("#!/usr/bin/perl\n")])
            let plan = try trees.plan()
            #expect(plan.programs == ["/usr/bin/dh"])
            // The script, and the interpreter for it.
            #expect(plan.entries.count == 2)
            try trees.install("perl-base", "5.38.0-1", in: trees.tools, ["/usr/bin/perl": .program])
        }
    }

    @Test func programsThatNameTheArchitectureHaveToNameTheRoots() throws {
        try PairedTrees.with { trees in
            let host = Architecture.host.rawValue
            try trees.install(
                "dpkg", "1.21", in: trees.root, ["/usr/bin/dpkg": .program, "/usr/bin/dpkg-deb": .program])
            try trees.install(
                "dpkg", "1.21", in: trees.tools,
                ["/usr/bin/dpkg": .programSaying(host), "/usr/bin/dpkg-deb": .programSaying("1.21 (\(host)).")])
            try trees.installBoth("sed", "4.9-1", "/bin/sed")
            let record = try trees.seal()
            let plan = try trees.plan { $0.record = record }
            #expect(plan.programs == ["/usr/bin/dpkg", "/usr/bin/dpkg-deb", "/usr/bin/sed"])
            let bytes = try trees.tools.appending("usr/bin/dpkg-deb").readFile()
            #expect(String(decoding: bytes, as: UTF8.self).contains("1.21 (arm64)."))
        }
    }

    @Test func whereNothingIsEligibleNothingIsPlanned() throws {
        try PairedTrees.with { trees in
            #expect(try trees.plan() == AccelerationPlan())
            try trees.installBoth("unknown", "1", "/usr/bin/unknown")
            #expect(try trees.plan() == AccelerationPlan())
            try trees.install("sed", "4.9-1", in: trees.root, ["/bin/sed": .program])
            try trees.install("sed", "4.8-1", in: trees.tools, ["/bin/sed": .program])
            let plan = try trees.plan()
            #expect(plan.entries.isEmpty && plan.mounts.isEmpty)
            #expect(plan.fallbacks.first?.versions?.own == "4.9-1")
            try Directory.open(trees.root.appending("var/lib/dpkg")).unlink("status")
            #expect(throws: AccelerationError.self) { try trees.plan() }
        }
    }
}
