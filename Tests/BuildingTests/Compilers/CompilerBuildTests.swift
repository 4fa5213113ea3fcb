// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Building

@Suite struct CompilerBuildTests {
    private func build(_ version: String) throws -> CompilerBuild? {
        try withScratchDirectory { root in
            let programs = root.appending("usr/bin")
            try programs.makeDirectories()
            try root.appending("var/lib/dpkg").makeDirectories()
            let status = """
                Package: gcc-12
                Status: install ok installed
                Architecture: arm64
                Version: \(version)

                """
            try AtomicFile.write(Array(status.utf8), to: root.appending("var/lib/dpkg/status"))
            try AtomicFile.write([], to: programs.appending("aarch64-linux-gnu-gcc-12"))
            try Directory.open(programs).makeSymbolicLink("gcc", to: "aarch64-linux-gnu-gcc-12")
            let tree = try Directory.open(root)
            let read = try InstalledPackages(of: tree)
            let installed = try #require(read)
            let found = InstalledCompiler(default: tree, .arm64, installed)
            let compiler = try #require(found)
            return CompilerBuild(compiler, .arm64, base: "debian:12")
        }
    }

    @Test func itIsARecipeThatCanBeRead() throws {
        let made = try build("12.2.0-14+deb12u1")
        let build = try #require(made)
        try withScratchDirectory { directory in
            try build.write(to: directory)
            let path = directory.appending("mangrove.json")
            let recipe = try Recipe(parsing: path.readFile(), at: path)
            #expect(recipe == build.recipe)
            #expect(recipe.architectures == [.host])
            #expect(recipe.environment["GCC_PACKAGE_VERSION"] == "12.2.0-14+deb12u1")
            // Only what fetches has the network.
            #expect(recipe.steps.filter { $0.network == true }.map(\.name) == ["fetch"])
            let script = try directory.appending("build-gcc.sh").readFile()
            #expect(!script.isEmpty)
        }
    }

    @Test(arguments: ["12.2.0-14 -o x", "12.2.0;true", "12$(true)"])
    func aVersionThatCannotBeOneIsRefused(version: String) throws {
        let made = try build(version)
        #expect(made == nil)
    }
}
