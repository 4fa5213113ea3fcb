// SPDX-License-Identifier: Apache-2.0

import Architectures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Acceleration

@Suite struct CompiledCompilerTests {
    private static let directory = "/usr/lib/gcc-cross/aarch64-linux-gnu/12"
    private static let names = ["cc1", "cc1plus", "lto1", "gcc"]

    private static func path(_ name: String) -> String {
        name == "gcc" ? "/usr/bin/aarch64-linux-gnu-gcc-12" : "\(directory)/\(name)"
    }

    /// A tools tree with a cross compiler of this version.
    private func with(_ version: String, _ names: [String] = names, _ body: (PairedTrees) throws -> Void) throws {
        try PairedTrees.with { trees in
            let files = names.map {
                (Self.path($0), PairedTrees.Content.text("of the package, and longer"))
            }
            try trees.install(
                "gcc-12-aarch64-linux-gnu", version, in: trees.tools, Dictionary(uniqueKeysWithValues: files))
            try body(trees)
        }
    }

    private func install(in trees: PairedTrees) throws -> Bool {
        let compiler = CompiledCompiler(
            version: "12", packageVersion: "12.2.0-14+deb12u1",
            programs: Dictionary(uniqueKeysWithValues: Self.names.map { ($0, "") }))
        return try compiler.install(in: trees.tools, for: .arm64) { Array("built: \($0)".utf8) }
    }

    private func contents(_ trees: PairedTrees, _ name: String) throws -> String {
        String(
            decoding: try trees.tools.pushing(FilePath(String(Self.path(name).dropFirst()))).readFile(),
            as: UTF8.self)
    }

    @Test func itTakesThePlaceOfThePackagedOne() throws {
        try with("12.2.0-14cross1") { trees in
            let isInstalled = try install(in: trees)
            #expect(isInstalled)
            for name in Self.names {
                let text = try contents(trees, name)
                #expect(text == "built: \(name)")
            }
        }
    }

    @Test(arguments: [("12.3.0-1cross1", Self.names), ("12.2.0-14cross1", ["cc1", "cc1plus"])])
    func ofAnotherUpstreamVersionOrNotWholeItDoesNot(version: String, names: [String]) throws {
        try with(version, names) { trees in
            let isInstalled = try install(in: trees)
            #expect(!isInstalled)
            for name in names {
                let text = try contents(trees, name)
                #expect(text == "of the package, and longer")
            }
        }
    }

    @Test func theDefaultCompilerIsWhatGccLeadsTo() throws {
        try PairedTrees.with { trees in
            try trees.install(
                "gcc-12", "12.2.0-14+deb12u1", in: trees.root, ["/usr/bin/aarch64-linux-gnu-gcc-12": .program])
            let root = try Directory.open(trees.root)
            let read = try InstalledPackages(of: root)
            let installed = try #require(read)
            let none = InstalledCompiler(default: root, .arm64, installed)
            #expect(none == nil)
            let programs = try Directory.open(trees.root.appending("usr/bin"))
            try programs.makeSymbolicLink("gcc-12", to: "aarch64-linux-gnu-gcc-12")
            try programs.makeSymbolicLink("gcc", to: "gcc-12")
            let found = InstalledCompiler(default: root, .arm64, installed)
            #expect(found?.version == "12")
            #expect(found?.package == "gcc-12")
            #expect(found?.packageVersion == "12.2.0-14+deb12u1")
        }
    }
}
