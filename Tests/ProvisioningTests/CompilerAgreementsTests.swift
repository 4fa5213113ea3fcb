// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Filesystem
import Fixtures
import FoundationEssentials
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct CompilerAgreementsTests {
    /// The host's own compiler, and the cross compiler.
    private static let tools = ["gcc-12": "12.2.0-14", "gcc-12-aarch64-linux-gnu": "12.2.0-14"]

    /// Calls `body` with tools trees, of which there is one, and a root with these packages.
    private func with(
        _ packages: [String: String], _ body: (ToolsTrees, FilePath, CompilerAgreements) throws -> Void
    ) throws {
        try ToolsTreesTests.with { trees in
            try ToolsTreesTests.add(to: trees, Self.tools)
            let root = trees.store.directory.removingLastComponent().appending("root")
            try ToolsTreesTests.fill(root, ToolsTreesTests.status(packages), [])
            let found = try CompilerAgreements(trees, ToolsTreesTests.subject)
            let agreements = try #require(found)
            try body(trees, root, agreements)
        }
    }

    private func isSettled(_ agreements: CompilerAgreements, _ root: FilePath) throws -> Bool {
        try agreements.state(for: root) != .unknown
    }

    private func known(_ agreements: CompilerAgreements, _ root: FilePath) throws -> CompilerAgreement? {
        try agreements.state(for: root).agreement
    }

    private func write(_ agreement: CompilerAgreement, to file: FilePath?) throws {
        try AtomicFile.write(Array(try JSONEncoder().encode(agreement)), to: try #require(file))
    }

    @Test func withoutCompilersThereIsNothingToFindOut() throws {
        try with(["sed": "4.9", "gcc-12-base": "12.2.0-14"]) { _, root, agreements in
            #expect(try isSettled(agreements, root))
            #expect(try known(agreements, root) == nil)
            let file = try agreements.file(for: root)
            #expect(file == nil)
        }
        try ToolsTreesTests.with { trees in
            let none = try CompilerAgreements(trees, ToolsTreesTests.subject)
            #expect(none == nil)
        }
    }

    @Test func whatWasFoundOutIsForTheseVersionsOnly() throws {
        try with(["gcc-12": "12.2.0-14", "binutils": "2.40-2", "sed": "4.9"]) { _, root, agreements in
            #expect(try !isSettled(agreements, root))
            var agreement = CompilerAgreement()
            agreement.exceptions = ["-fstack-protector": "other code"]
            try write(agreement, to: try agreements.file(for: root))
            #expect(try isSettled(agreements, root))
            #expect(try known(agreements, root) == agreement)
            func install(_ packages: [String: String]) throws {
                try AtomicFile.write(ToolsTreesTests.status(packages), to: root.pushing("var/lib/dpkg/status"))
            }
            try install(["gcc-12": "12.2.0-14", "binutils": "2.40-2", "sed": "4.10"])
            #expect(try known(agreements, root) == agreement)
            // A security fix may be one of code.
            for changed in [["gcc-12": "12.2.0-14+deb12u1", "binutils": "2.40-2"], ["gcc-12": "12.2.0-14"]] {
                try install(changed)
                #expect(try !isSettled(agreements, root))
                #expect(try known(agreements, root) == nil)
            }
        }
    }

    @Test func aDamagedOneIsFoundOutAnew() throws {
        try with(["gcc-12": "12.2.0-14"]) { _, root, agreements in
            let file = try agreements.file(for: root)
            try AtomicFile.write(Array("{\"exceptions\": ".utf8), to: try #require(file))
            #expect(try !isSettled(agreements, root))
            #expect(try known(agreements, root) == nil)
        }
    }

    @Test(arguments: [("12.2.0-14", true), ("12.3.0-1", false)])
    func itIsTakenAlongWhereTheToolsTreesCompilersAreTheSame(version: String, isTaken: Bool) throws {
        try with(["gcc-12": "12.2.0-14"]) { trees, root, agreements in
            try write(.assumed, to: try agreements.file(for: root))
            try ToolsTreesTests.add(to: trees, Self.tools.merging(["gcc-12-aarch64-linux-gnu": version]) { $1 })
            let found = try CompilerAgreements(trees, ToolsTreesTests.subject)
            let newer = try #require(found)
            #expect(try !isSettled(newer, root))
            let tree = newer.directory.appending("rootfs")
            try CompilerAgreements.take(to: newer.directory, from: agreements.directory, tree: tree)
            #expect(try isSettled(newer, root) == isTaken)
        }
    }

    @Test func itIsNotTakenFromATreeThatWasMadeOverInAnotherWay() throws {
        try with(["gcc-12": "12.2.0-14"]) { trees, root, agreements in
            try write(.assumed, to: try agreements.file(for: root))
            try AtomicFile.write(Array("another 0\0".utf8), to: agreements.directory.appending("manifest"))
            try ToolsTreesTests.add(to: trees, Self.tools)
            let found = try CompilerAgreements(trees, ToolsTreesTests.subject)
            let newer = try #require(found)
            let tree = newer.directory.appending("rootfs")
            try CompilerAgreements.take(to: newer.directory, from: agreements.directory, tree: tree)
            #expect(try !isSettled(newer, root))
        }
    }
}
