// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Emulation
import Failures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Provisioning

/// What is decided for a root is kept beside it, for as long as nothing that it depends on changes.
@Suite struct TreeAccelerationTests {
    private struct Scene {
        let trees: ToolsTrees
        let interpreter: Interpreter
        var directory: FilePath { trees.store.directory.removingLastComponent().appending("roots/box") }
        var tree: FilePath { directory.appending("rootfs") }
        var image: FilePath { directory.appending("dispatch-full") }

        func install(_ versions: [String: String]) throws {
            try AtomicFile.write(ToolsTreesTests.status(versions), to: tree.pushing("var/lib/dpkg/status"))
        }

        func plan(_ change: (inout TreeAcceleration.Subject) -> Void = { _ in }) throws -> TreeAcceleration {
            let found = try trees.newest(of: ToolsTreesTests.subject)
            let newest = try #require(found)
            var subject = TreeAcceleration.Subject(
                tree: tree, directory: directory, tools: try trees.store.read(newest), interpreter: interpreter,
                mode: .full)
            change(&subject)
            return try TreeAcceleration(planning: subject)
        }

        func accelerate(_ change: (inout TreeAcceleration.Subject) -> Void = { _ in }) throws -> TreeAcceleration {
            try plan(change).written()
        }

        /// Which file the image is, and since when: the number alone may be given again.
        func file() throws -> String? {
            try Directory.open(directory).status(of: "dispatch-full").map { "\($0.inode) \($0.changed)" }
        }
    }

    private func with(_ body: (Scene) throws -> Void) throws {
        guard let interpreter = try? Interpreter.find(ToolsTreesTests.foreign) else {
            return print("not tried here: no interpreter for \(ToolsTreesTests.foreign)")
        }
        try ToolsTreesTests.with { trees in
            try ToolsTreesTests.add(to: trees)
            let scene = Scene(trees: trees, interpreter: interpreter)
            try ToolsTreesTests.fill(
                scene.tree, ToolsTreesTests.status(["sed": "4.9-1"]), ToolsTreesTests.foreign.probeProgram)
            try body(scene)
        }
    }

    @Test func itIsMadeOnce() throws {
        try with { scene in
            let first = try scene.accelerate()
            #expect(first.report.programs == ["/usr/bin/sed"])
            let file = try scene.file()
            #expect(try scene.accelerate().report == first.report)
            #expect(try scene.file() == file)
            #expect(TreeAcceleration.Record.last(in: scene.directory) == first.report)
        }
    }

    /// Two runs at once: what the first is about to mount must not be replaced by the second.
    @Test func whatAnotherRunHasWrittenMeanwhileIsKept() throws {
        try with { scene in
            let plans = [try scene.plan(), try scene.plan()]
            let first = try plans[0].written()
            let file = try scene.file()
            #expect(try plans[1].written().report == first.report)
            #expect(try scene.file() == file)
            // But not what was written for something else.
            let other = try scene.plan { $0.cpu = "cortex-a57" }
            _ = try other.written()
            #expect(try scene.file() != file)
        }
    }

    @Test func planningWritesNothing() throws {
        try with { scene in
            let planned = try scene.plan()
            #expect(planned.report.programs == ["/usr/bin/sed"])
            #expect(try Directory.open(scene.directory).names().map(\.string) == ["rootfs"])
            let written = try planned.written()
            #expect(written.report.mounts == planned.report.mounts)
            // As it is there, another plan is made of it.
            #expect(try scene.plan().report == written.report)
        }
    }

    @Test func whatItDependsOnHasItMadeAnew() throws {
        try with { scene in
            var file: String?
            func expectNew(_ why: String, _ change: (inout TreeAcceleration.Subject) -> Void = { _ in }) throws {
                _ = try scene.accelerate(change)
                let now = try scene.file()
                #expect(now != file, "\(why)")
                file = now
            }
            try expectNew("there is none")
            try scene.install(["sed": "4.9-2"])
            try expectNew("a package was installed")
            try ToolsTreesTests.add(to: scene.trees)
            try expectNew("there is another tools tree")
            try expectNew("another CPU is emulated") { $0.cpu = "cortex-a57" }
            try expectNew("the user excludes something else") { $0.changes.except = ["tar"] }
            try expectNew("of the compilers something is known") { $0.agreement = .assumed }
            try AtomicFile.write([0], to: scene.image)
            try expectNew("somebody has changed the image")
            try AtomicFile.write([0], to: scene.directory.appending("acceleration-full.json"))
            try expectNew("somebody has changed the report")
        }
    }

    @Test func anotherVersionInTheRootIsOutdatedInTheToolsTreeWhereItIsNewer() throws {
        try with { scene in
            try scene.install(["sed": "4.9-1", "tar": "1.35-1", "grep": "3.8-1"])
            try ToolsTreesTests.add(to: scene.trees, ["sed": "4.9-2", "tar": "1.34-1", "grep": "3.11-1"])
            let report = try scene.accelerate().report
            #expect(report.fallbacks.count { $0.versions != nil } == 2)
            #expect(report.outdated.map(\.description) == ["tar=1.35-1"])
            #expect(try scene.accelerate().report.outdated == report.outdated)
        }
    }

    @Test func doctorTellsWhatWouldHelp() throws {
        try with { scene in
            let store = RootStore(scene.directory.removingLastComponent())
            let record = RootRecord(
                name: try RootName("box"), distro: "debian", release: "12", version: "12",
                architecture: ToolsTreesTests.foreign.rawValue, path: scene.tree, created: RootRecord.now,
                verified: Verification(how: .none, digest: "sha256:0"), source: "made by hand", ownership: .archive)
            try AtomicFile.write(record.encoded(), to: scene.directory.appending("root.json"))
            func remedy() throws -> String? {
                let findings = try AccelerationFindings(store, scene.trees).findings()
                #expect(findings.count == 1)
                return findings.first?.remedy
            }
            _ = try scene.accelerate()
            #expect(try remedy() == nil)
            try ToolsTreesTests.add(to: scene.trees, ["sed": "4.9-1", "tar": "1.34-1", "grep": "3.11-1"])
            try scene.install(["sed": "4.9-1", "grep": "3.8-1"])
            _ = try scene.accelerate()
            #expect(try remedy() == "update the root")
            try scene.install(["sed": "4.9-1", "tar": "1.35-1"])
            let outdated = try scene.accelerate().report.outdated
            #expect(try remedy()?.hasPrefix("mangrove run box -- true") == true)
            scene.trees.noteRefresh(ToolsTreesTests.subject, outdated)
            #expect(try remedy()?.hasPrefix("none today") == true)
        }
    }
}
