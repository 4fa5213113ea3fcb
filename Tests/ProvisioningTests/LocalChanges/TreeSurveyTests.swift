// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct TreeSurveyTests {
    private func survey(_ tree: FilePath) throws -> TreeSurvey { try TreeSurvey(of: tree) }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func comesBackAsItWasWritten() throws {
        try withScratchDirectory { scratch in
            let tree = scratch.appending("tree")
            try tree.appending("etc/deep").makeDirectories()
            try AtomicFile.write(bytes("a"), to: tree.appending("etc/with a space\nand a line"))
            try Directory.open(tree).makeSymbolicLink("link", to: "etc")
            let made = try survey(tree)
            #expect(made.entries.count == 4)
            try made.write(to: scratch.appending("contents"))
            #expect(TreeSurvey(reading: scratch.appending("contents")) == made)
            try AtomicFile.write(bytes("nonsense\0"), to: scratch.appending("contents"))
            #expect(TreeSurvey(reading: scratch.appending("contents")) == nil)
        }
    }

    /// What is of the moment, and what is too deep, is not looked at.
    @Test func leavesOutWhatPasses() throws {
        try withScratchDirectory { scratch in
            try scratch.appending("run/x").makeDirectories()
            try scratch.appending("home/run/x").makeDirectories()
            var deep = scratch
            for _ in 0..<70 { deep.append("d") }
            try deep.makeDirectories()
            let entries = try survey(scratch).entries.keys
            #expect(!entries.contains(bytes("run/x")) && entries.contains(bytes("home/run/x")))
            #expect(entries.map(\.count).max() == 65 * 2 - 1)
        }
    }

    /// Between two surveys somebody else was at work; what was different before stays so.
    @Test func followsWhatOthersChange() throws {
        let entry = { (size: Int64) in
            TreeSurvey.Entry(kind: .regular, mode: 0o644, user: 0, group: 0, size: size, modified: 1)
        }
        func survey(_ sizes: [String: Int64]) throws -> TreeSurvey {
            var survey = try withScratchDirectory { try TreeSurvey(of: $0) }
            for (path, size) in sizes { survey.entries[bytes(path)] = entry(size) }
            return survey
        }
        let known = try survey(["a": 1, "mine": 1, "gone": 1])
        let before = try survey(["a": 1, "mine": 2, "gone": 1])
        let after = try survey(["a": 5, "mine": 2, "new": 1])
        #expect(known.following(from: before, to: after) == (try survey(["a": 5, "mine": 1, "new": 1])))
    }
}
