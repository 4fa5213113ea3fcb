// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Catalogue
import Emulation
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Provisioning

/// Tools trees on disk, made by hand and of nothing but a package database and a program.
@Suite struct ToolsTreesTests {
    static let foreign: Architecture = Architecture.host == .arm64 ? .riscv64 : .arm64
    static let subject = ToolsTrees.Subject(distro: "debian", release: "12", architecture: foreign)

    /// Adds the next one. `versions`: of its packages.
    static func add(
        to trees: ToolsTrees, _ versions: [String: String] = ["sed": "4.9-1"],
        for subject: ToolsTrees.Subject = subject
    ) throws {
        let next = try trees.next(of: subject)
        let directory = trees.store.path(of: next.name)
        let tree = directory.appending("rootfs")
        try fill(tree, status(versions), Architecture.host.probeProgram)
        // What every program needs, were it not linked statically.
        let loader = tree.pushing(FilePath(String(Architecture.host.loader.dropFirst())))
        for path in [loader.removingLastComponent(), tree.pushing(FilePath("usr/lib/\(Architecture.host.triplet)"))] {
            try path.makeDirectories()
        }
        try AtomicFile.write([0], to: loader)
        let record = RootRecord(
            name: next.name, distro: "debian", release: "12", version: "12", architecture: "amd64", path: tree,
            created: RootRecord.now, verified: Verification(how: .none, digest: "sha256:0"), source: "made by hand",
            ownership: .archive)
        try AtomicFile.write(record.encoded(), to: directory.appending("root.json"))
        try AtomicFile.write([], to: directory.appending("lock"))
        try ToolsTrees.write(ToolsRecord(), to: directory)
        try TreeManifest(of: tree).write(to: directory.appending("manifest"))
    }

    /// A package database of dpkg's.
    static func status(_ versions: [String: String]) -> [UInt8] {
        let paragraphs = versions.sorted { $0.key < $1.key }.map {
            "Package: \($0.key)\nStatus: install ok installed\nArchitecture: amd64\nVersion: \($0.value)\n"
        }
        return Array(paragraphs.joined(separator: "\n").utf8)
    }

    /// Makes a tree with a package database, and a program as sed.
    static func fill(_ tree: FilePath, _ status: [UInt8], _ program: [UInt8]) throws {
        for (path, bytes) in [
            ("var/lib/dpkg/status", status), ("var/lib/dpkg/info/sed.list", Array("/usr/bin/sed\n".utf8)),
            ("usr/bin/sed", program),
        ] {
            let file = tree.pushing(FilePath(path))
            try file.removingLastComponent().makeDirectories()
            try AtomicFile.write(bytes, to: file, permissions: FilePermissions(rawValue: 0o755))
        }
    }

    static func with(_ body: (ToolsTrees) throws -> Void) throws {
        try withScratchDirectory { scratch in try body(ToolsTrees(Cache(scratch))) }
    }

    private func names(_ trees: ToolsTrees) throws -> [String] { try trees.store.names().map(\.description) }

    private func found(_ trees: ToolsTrees) throws -> String? {
        switch try trees.find(Self.subject) {
        case .none: nil
        case .some(let tree): tree.record.name.description
        }
    }

    @Test func theNewestIsTheOneThatCounts() throws {
        try Self.with { trees in
            #expect(try found(trees) == nil)
            #expect(!trees.mayHave(Self.subject))
            for _ in 1...11 { try Self.add(to: trees) }
            #expect(try found(trees) == "debian-12-\(Self.foreign).11")
            let other = ToolsTrees.Subject(distro: "debian", release: "1", architecture: Self.foreign)
            #expect(!trees.mayHave(other))
        }
    }

    @Test func aPinnedRootHasOneOfItsMomentOrElseTheReleases() throws {
        try Self.with { trees in
            let pinned = ToolsTrees.Subject(
                distro: "debian", release: "12", architecture: Self.foreign,
                moment: SnapshotMoment("20260901T000000Z"))
            #expect(pinned.base == "debian:12@20260901T000000Z")
            #expect(pinned.title == "debian 12 \(Self.foreign) of 20260901T000000Z")
            try Self.add(to: trees)
            #expect(!trees.mayHave(pinned))
            #expect(trees.available(pinned) == pinned)
            trees.noteFailure(pinned, "nobody keeps it")
            #expect(trees.available(pinned) == Self.subject)
            #expect(Accelerator(AccelerationChoice(), for: pinned, tools: trees)?.subject == Self.subject)
            try Self.add(to: trees, for: pinned)
            #expect(try names(trees) == ["debian-12-\(Self.foreign)", "debian-12-\(Self.foreign)-20260901t000000z"])
            #expect(trees.available(pinned) == pinned)
            // The release's is none of the moment's.
            try Self.add(to: trees)
            trees.removeSuperseded(Self.subject) { DirectPerformer() }
            #expect(trees.has(pinned))
        }
    }

    @Test func anOlderOneDoesNotStandInForADamagedOne() throws {
        try Self.with { trees in
            try Self.add(to: trees)
            try Self.add(to: trees)
            let newest = trees.store.path(of: try RootName("debian-12-\(Self.foreign).2"))
            try AtomicFile.write([], to: newest.appending("rootfs").pushing("usr/bin/sed"))
            #expect(try found(trees) == nil)
            #expect(trees.mayHave(Self.subject))
            let areWanted = try trees.areWanted(for: Self.subject, AccelerationChoice())
            #expect(areWanted)
        }
    }

    @Test func thoseThatARunHoldsAreNotDeleted() throws {
        try Self.with { trees in
            try Self.add(to: trees)
            let held = try trees.find(Self.subject)
            try Self.add(to: trees)
            // One without a record, even.
            try Self.add(to: trees)
            try Directory.open(trees.store.path(of: try RootName("debian-12-\(Self.foreign).2"))).unlink("root.json")
            trees.removeSuperseded(Self.subject) { DirectPerformer() }
            #expect(try names(trees) == ["debian-12-\(Self.foreign)", "debian-12-\(Self.foreign).3"])
            withExtendedLifetime(held) {}
        }
        try Self.with { trees in
            try Self.add(to: trees)
            try Self.add(to: trees)
            trees.removeSuperseded(Self.subject) { DirectPerformer() }
            #expect(try names(trees) == ["debian-12-\(Self.foreign).2"])
        }
    }

    @Test func pruningDeletesThoseThatWereNotUsedAndThoseThatWereReplaced() throws {
        try withScratchDirectory { scratch in
            let cache = Cache(scratch)
            let trees = ToolsTrees(cache)
            for _ in 1...3 { try Self.add(to: trees) }
            func prune(olderThan days: Int, dryRun: Bool = false) throws -> [String] {
                try cache.prune(Cache.Pruning(olderThan: days), dryRun: dryRun, using: DirectPerformer()).map(\.name)
            }
            let old = ["", ".2"].map { "tools tree debian-12-\(Self.foreign)\($0)" }
            #expect(try prune(olderThan: 30, dryRun: true).sorted() == old)
            #expect(try names(trees).count == 3)
            #expect(try prune(olderThan: 30).sorted() == old)
            #expect(try names(trees) == ["debian-12-\(Self.foreign).3"])
            #expect(try prune(olderThan: 30).isEmpty)
            // That of a root that there is stays.
            var pruning = Cache.Pruning(olderThan: 0)
            pruning.roots = [
                RootRecord(
                    name: try RootName("a"), distro: "debian", release: "12", version: "12",
                    architecture: Self.foreign.rawValue, path: "/a", created: RootRecord.now,
                    verified: Verification(how: .none, digest: "sha256:0"), source: "a", ownership: .archive)
            ]
            #expect(try cache.prune(pruning, dryRun: false, using: DirectPerformer()).isEmpty)
            #expect(try prune(olderThan: 0).count == 1)
            #expect(try names(trees).isEmpty)
        }
    }

    @Test func whatTheTreeHasOlderIsOutdated() throws {
        try Self.with { trees in
            let versions = ["sed": "4.9-1", "tar": "1:1.34", "grep": "3.8-5", "make": "4.3-4", "zz": "1"]
            try Self.add(to: trees, versions)
            let root = ["sed": "4.9-2", "tar": "1:1.35-1", "grep": "3.7-9", "zz": "2", "gzip": "1.12"]
            // Neither another packaging, nor what is older, nor what is not eligible or only in one of the two.
            let outdated = try trees.outdated(Self.subject, adding: [], root)
            #expect(outdated.map(\.description) == ["tar=1:1.35-1"])
            // What a user adds: in the root only, newer there, in neither.
            let added = try trees.outdated(Self.subject, adding: ["gzip", "zz", "jq"], root)
            #expect(added.map(\.description) == ["gzip=1.12", "tar=1:1.35-1", "zz=2"])
        }
    }

    /// A tools tree is not given what would not be used.
    @Test func whatWasNotReviewedIsNotWanted() throws {
        try Self.with { trees in
            try Self.add(to: trees, ["sed": "4.9-1"])
            func wanted(_ versions: [String: String]) throws -> [String] {
                try trees.outdated(Self.subject, adding: [], versions).map(\.description)
            }
            let reviewed = Self.foreign == .arm64 ? ["clang-14=1:14.0.6-12"] : []
            #expect(try wanted(["clang-14": "1:14.0.6-12", "clang-15": "1:15.0.7-1"]) == reviewed)
            #expect(try wanted(["clang-14": "1:14.0.6-13"]) == [])
        }
    }

    @Test func anotherPackagingIsNewerWhereItIsTheOneThatIsWanted() throws {
        try Self.with { trees in
            try Self.add(to: trees, ["python3.11-minimal": "3.11.2-6", "tar": "1.34-1"])
            let held = try #require(try trees.find(Self.subject)?.packages())
            func areNewer(_ wanted: String, _ offered: [String: String]) throws -> Bool {
                [try #require(OutdatedTool(wanted))].areNewer({ offered[$0] }, than: held)
            }
            #expect(try areNewer("python3.11-minimal=3.11.2-7", ["python3.11-minimal": "3.11.2-7"]))
            #expect(try !areNewer("python3.11-minimal=3.11.2-7", ["python3.11-minimal": "3.11.2-6"]))
            #expect(try areNewer("tar=1.35-1", ["tar": "1.35-1"]))
            #expect(try !areNewer("tar=1.35-1", ["tar": "1.34-2"]))
        }
    }

    @Test func theArchiveIsAskedForThemOnceADay() throws {
        try Self.with { trees in
            try Self.add(to: trees)
            func tools(_ texts: String...) -> [OutdatedTool] { texts.compactMap { OutdatedTool($0) } }
            #expect(!trees.isRefreshDue(Self.subject, []))
            #expect(trees.isRefreshDue(Self.subject, tools("sed=5", "tar=2")))
            trees.noteRefresh(Self.subject, tools("sed=5", "tar=2"))
            #expect(!trees.isRefreshDue(Self.subject, tools("tar=2")))
            #expect(trees.isRefreshDue(Self.subject, tools("sed=6")))
            trees.noteRefresh(Self.subject, tools("sed=6"))
            #expect(!trees.isRefreshDue(Self.subject, tools("sed=5", "sed=6", "tar=2")))
            let file = trees.store.directory.appending(".debian-12-\(Self.foreign).refreshed")
            let yesterday = timespec(tv_sec: time(nil) - 86_500, tv_nsec: 0)
            #expect(utimensat(AT_FDCWD, file.string, [yesterday, yesterday], 0) == 0)
            #expect(trees.isRefreshDue(Self.subject, tools("tar=2")))
        }
    }
}
