// SPDX-License-Identifier: Apache-2.0

import Catalogue
import Failures
import Filesystem
import Provisioning
import SystemPackage
import Terminal
import Testing

@testable import Commands

/// What reports show on a terminal of 80 columns.
@Suite struct ReportWidthTests {
    private func lines(_ report: some CommandReport, width: Int? = 80) -> [Substring] {
        report.text(width: width).rendered(colour: false).split(separator: "\n")
    }

    private func root(_ name: String = "xen") throws -> RootRecord {
        var root = RootRecord(
            name: try RootName(name), distro: "ubuntu", release: "24.04", version: "24.04.4", architecture: "arm64",
            path: FilePath("/var/lib/mangrove/roots/\(name)/rootfs"), created: "2026-11-23T03:16:45Z",
            verified: Verification(how: .signature, digest: "sha256:" + String(repeating: "0", count: 64)),
            source: "ubuntu-base-24.04.4-base-arm64.tar.gz", ownership: .archive)
        root.packages = (1...40).map { "package\($0)" }
        return root
    }

    @Test func aListLeavesOutThePath() throws {
        let report = RootList(roots: [try root(), try root("a-root-with-a-long-name")])
        let narrow = lines(report)
        #expect(narrow.count == 3)
        for line in narrow { #expect(line.count <= 80) }
        #expect(narrow[1].hasPrefix("xen ") && narrow[1].contains("ubuntu:24.04"))
        #expect(lines(report, width: nil)[1].hasSuffix("/var/lib/mangrove/roots/xen/rootfs"))
        // What it is called is never left out.
        #expect(lines(report, width: 10)[2].hasPrefix("a-root-with-a-long-name  ubuntu:24.04"))
    }

    @Test func inspectBreaksLinesAndCountsPrograms() throws {
        var emulated: [RootReport.Accelerated.Emulated] = (1...30).map {
            .init(package: "python3", program: "/usr/bin/python\($0)", reason: "it asks which machine it runs on")
        }
        emulated += (1...4).map { .init(package: "p\($0)", program: nil, reason: "not in the tools tree") }
        emulated.append(.init(package: "tar", program: nil, reason: "version 2 differs from the tools tree's 1"))
        var report = RootReport(
            root: try root(), accelerated: .init(programs: ["/usr/bin/make", "/usr/bin/sed"], emulated: emulated))
        let narrow = lines(report)
        for line in narrow { #expect(line.count <= 80, "\(line)") }
        #expect(
            narrow.suffix(5) == [
                "native        2 programs",
                "emulated      30 programs: it asks which machine it runs on",
                "emulated      4 packages: not in the tools tree",
                "emulated      tar: version 2 differs from the tools tree's 1",
                "              each with its reason: mangrove inspect xen --verbose",
            ])
        report.isVerbose = true
        let all = lines(report, width: nil)
        #expect(all.contains("native        /usr/bin/sed"))
        #expect(all.contains("emulated      /usr/bin/python30: it asks which machine it runs on"))
        #expect(all.count { $0.hasPrefix("emulated") } == 35)
    }

    @Test func manyReasonsAreCountedTogether() throws {
        let emulated = (1...30).map {
            RootReport.Accelerated.Emulated(package: "p\($0)", program: nil, reason: "reason \($0)")
        }
        let report = RootReport(root: try root(), accelerated: .init(programs: [], emulated: emulated))
        #expect(lines(report).contains("emulated      22 packages: other reasons"))
    }

    @Test func doctorBreaksLines() throws {
        let report = DoctorReport(findings: [
            Finding("kernel", .ok, "Linux 6.18"),
            Finding(
                "arm64 interpreter", .problem,
                "qemu-aarch64 was found, but it is linked dynamically, and its loader does not exist in a root",
                remedy: "sudo apt install qemu-user-static, or name a static interpreter with mangrove binfmt install"),
        ])
        let narrow = lines(report)
        #expect(narrow.count == 5)
        for line in narrow { #expect(line.count <= 80, "\(line)") }
        for line in narrow.dropFirst(2) { #expect(line.hasPrefix(String(repeating: " ", count: 27))) }
        #expect(lines(report, width: nil).count == 3)
    }

    @Test func everyDistroFits() throws {
        let report = DistroReport(distros: try Catalogue.load().distros)
        let releases = report.distros.reduce(0) { $0 + $1.releases.count }
        let narrow = lines(report)
        #expect(narrow.count == releases + 1)
        for line in narrow { #expect(line.count <= 80, "\(line)") }
        #expect(lines(report, width: nil)[1].contains("riscv64"))
    }

    @Test func oneDistroHasItsArchitectures() throws {
        let report = DistroReport(distros: [try Catalogue.load().distro("debian")])
        let narrow = lines(report)
        for line in narrow { #expect(line.count <= 80, "\(line)") }
        let words = narrow.joined(separator: " ").split(separator: " ")
        for architecture in ["armel", "riscv64", "s390x"] {
            #expect(words.contains { $0 == architecture }, "\(architecture)")
        }
    }

    @Test func refreshBreaksWhatHappened() throws {
        var refreshed = RefreshOutcome("a-root-with-a-long-name", .refreshed)
        (refreshed.from, refreshed.to, refreshed.generation) = ("12.11", "12.12", 2)
        refreshed.packages = ["libc6", "libc-bin", "libstdc++6"].map {
            PackageChange(name: $0, from: "2.36-9+deb12u10", to: "2.36-9+deb12u13")
        }
        let failed = RefreshOutcome(
            "xen", .failed, why: "no mirror of debian could be reached: http://mirror.example/debian: timeout")
        let narrow = lines(RefreshReport(outcomes: [refreshed, failed]))
        for line in narrow { #expect(line.count <= 80, "\(line)") }
        let words = narrow.joined(separator: " ").split(separator: " ")
        for word in ["libstdc++6", "2.36-9+deb12u13,", "generation", "timeout"] {
            #expect(words.contains { $0 == word }, "\(word)")
        }
        #expect(lines(RefreshReport(outcomes: [refreshed, failed]), width: nil).count == 3)
    }

    @Test func sizesOutlastPathsAndTimes() {
        let report = CacheReport(entries: [
            Cache.Entry(
                name: "ubuntu-base-24.04.4-base-arm64.tar.gz", path: "/var/cache/mangrove/bases/sha256-0",
                size: 28_000_000, used: "2026-11-23T03:16:45Z")
        ])
        #expect(lines(report)[1].hasSuffix("28.0 MB  28.0 MB  2026-11-23T03:16:45Z"))
        #expect(lines(report, width: 60)[1].hasSuffix("28.0 MB  28.0 MB"))
        #expect(lines(report, width: nil)[1].hasSuffix("/var/cache/mangrove/bases/sha256-0"))
    }
}
