// SPDX-License-Identifier: Apache-2.0

import Architectures
import Catalogue
import Failures
import JSON5
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct CatalogueFileTests {
    /// A user's file with that text, laid over the built-in one.
    private func load(_ text: String) throws -> Catalogue {
        try withScratchDirectory { scratch in
            let path = scratch.appending("mine.json")
            try AtomicFile.write(Array(text.utf8), to: path)
            return try Catalogue.load(userFile: path)
        }
    }

    private func fault(_ text: String) throws -> CatalogueError {
        try #require(throws: CatalogueError.self) { try load(text) }
    }

    @Test func everyDistroOfTheBuiltInFileSaysHowItIsVerified() throws {
        let catalogue = try Catalogue.load()
        #expect(
            catalogue.distros.map(\.name) == ["alpine", "archlinuxarm", "debian", "opensuse", "ubuntu", "void"])
        for distro in catalogue.distros {
            #expect(!distro.verification.isEmpty)
            for release in distro.releases {
                let selection = try catalogue.select(
                    "\(distro.name):\(release.number)", architecture: release.architectures[0])
                #expect(selection.release == release)
                if distro.tarball != nil { #expect(try !selection.tarball().mirrors.isEmpty) }
                if distro.archive != nil { #expect(try !selection.archive().repositories.isEmpty) }
            }
        }
        #expect(
            try catalogue.distro("alpine").releases.prefix(4).map(\.number) == [
                "edge", "latest-stable", "3.24", "3.23",
            ])
    }

    @Test func aUsersFileAddsAndOverrides() throws {
        let catalogue = try load(
            """
            {
              version: 1, // the same shape
              distros: {
                alpine: {
                  tarball: { mirrors: ['http://127.0.0.1:8080/alpine/'] },
                  releases: { '3.99': { endOfLife: '2099-01-01', aliases: ['v3.99'] }, edge: null },
                },
                mine: {
                  title: 'Mine', packageManager: 'apt', default: '1', architectures: { arm64: 'aarch64' },
                  releases: { '1': {} },
                  tarball: {
                    mirrors: ['https://example.org/mine'], file: 'base-{arch}.tar.xz', path: '{number}/{file}',
                    signature: { over: 'nothing', reason: 'it is mine' },
                  },
                },
              },
            }
            """)
        let added = try catalogue.select("alpine:3.99", architecture: .arm64).tarball()
        #expect(
            added.index?.urls == ["http://127.0.0.1:8080/alpine/v3.99/releases/aarch64/latest-releases.yaml"])
        #expect(throws: CatalogueError.self) { try catalogue.select("alpine:edge", architecture: .arm64) }
        #expect(try catalogue.select("alpine:3.20", architecture: .arm64).release.endOfLife != nil)
        let mine = try catalogue.select("mine", architecture: .arm64).tarball().resolve(index: nil)
        #expect(mine.urls == ["https://example.org/mine/1/base-aarch64.tar.xz"])
        #expect(mine.signature == .none(reason: "it is mine"))
    }

    /// The machine's file is below the user's, and what is wrong with it is said of it.
    @Test func theMachinesFileIsBelowTheUsers() throws {
        try withScratchDirectory { scratch in
            let (system, user) = (scratch.appending("system.json"), scratch.appending("user.json"))
            func write(_ text: String, to path: FilePath) throws { try AtomicFile.write(Array(text.utf8), to: path) }
            try write("{ distros: { alpine: { title: 'A', aliases: ['a'] }, void: null } }", to: system)
            try write("{ distros: { alpine: { title: 'B' } } }", to: user)
            let both = try Catalogue.load(systemFile: system, userFile: user)
            #expect(try both.distro("a").title == "B")
            #expect(!both.distros.contains { $0.name == "void" })
            #expect(try Catalogue.load(systemFile: system).distro("alpine").title == "A")
            #expect(try Catalogue.load(systemFile: scratch.appending("none/x.json")).distro("void").name == "void")

            try write("{ distros: { alpine: { title: 7 } } }", to: system)
            let error = try #require(throws: CatalogueError.self) {
                try Catalogue.load(systemFile: system, userFile: user)
            }
            #expect(error.problem.contains("system.json"))
            #expect(error.status == .badConfiguration)
        }
    }

    @Test(arguments: [
        ("{\n  \"version\": 1,\n  \"distros\" {}\n}", "line 3, column 13"),
        ("{\n  \"distros\": {},", "line 2, column 17"),
        ("{\n  \"distros\": { \"a\": \"b }\n}", "line 2, column 21"),
        ("<html>", "line 1, column 1"), ("", "line 1, column 1"), ("{}\n/* no end", "line 2, column 1"),
        ("{\"a\": [1, 2 3]}", "line 1, column 13"), ("{} {}", "line 1, column 4"),
    ])
    func brokenJSONIsToldByItsLine(text: String, place: String) throws {
        let error = try fault(text)
        guard case .malformed(let found) = error.code else {
            Issue.record("\(error)")
            return
        }
        #expect(found.place == place)
        #expect(error.problem.contains("mine.json"))
        #expect(error.status == .badConfiguration)
    }

    @Test(arguments: [
        ("{ version: 2 }", "version"),
        ("{ distroes: {} }", "distroes"),
        ("{ distros: { ubuntu: { tarbal: {} } } }", "distros.ubuntu.tarbal"),
        ("{ distros: { ubuntu: { title: 7 } } }", "distros.ubuntu.title"),
        ("{ distros: { ubuntu: { default: 'nobel' } } }", "distros.ubuntu.default"),
        (
            "{ distros: { ubuntu: { releases: { '24.04': { endOfLife: '2029-02-30' } } } } }",
            "distros.ubuntu.releases.24.04.endOfLife"
        ),
        ("{ distros: { ubuntu: { releases: { '24.04': { codename: 'focal' } } } } }", "distros.ubuntu"),
        ("{ distros: { ubuntu: { tarball: { mirrors: ['x', 'y'] } } } }", "distros.ubuntu.tarball.mirrors"),
        ("{ distros: { ubuntu: { tarball: { path: '{nmber}' } } } }", "distros.ubuntu.tarball.path"),
        (
            "{ distros: { ubuntu: { tarball: { signature: { keys: ['EFE21092'] } } } } }",
            "distros.ubuntu.tarball.signature.keys[0]"
        ),
        ("{ distros: { ubuntu: { tarball: { signature: { keys: [] } } } } }", "distros.ubuntu.tarball.signature.keys"),
        ("{ distros: { ubuntu: { architectures: { aarch64: 'arm64' } } } }", "distros.ubuntu.architectures.aarch64"),
        ("{ distros: { x: {} } }", "distros.x"),
    ])
    func whatIsWrongIsToldByItsKey(text: String, key: String) throws {
        let error = try fault(text)
        guard case .malformed(let found) = error.code else {
            Issue.record("\(error)")
            return
        }
        #expect(found.place == "line 1: \(key)")
        #expect(error.status == .badConfiguration)
    }

    @Test func aMissingFileIsNamed() throws {
        let error = try #require(throws: CatalogueError.self) { try Catalogue.load(userFile: "/nonexistent/d.json") }
        #expect(error.problem.contains("/nonexistent/d.json"))
        #expect(error.status == .badConfiguration)
    }
}
