// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import PackageArchive
import SystemPackage
import Testing

@Suite struct CachedPackageNamesTests {
    private func names(_ prefix: String, in files: [String: String]) throws -> [String] {
        try withScratchDirectory { scratch in
            let indices = scratch.appending("indices")
            try indices.makeDirectories()
            for (name, text) in files { try AtomicFile.write(Array(text.utf8), to: indices.appending(name)) }
            return CachedPackageNames(in: scratch, within: .seconds(60)).starting(with: prefix)
        }
    }

    @Test func areThoseOfAllIndicesOnce() throws {
        let files = [
            "aa": "Package: gcc\nVersion: 1\n\nPackage: gcc-12\nDepends: gcc\n\nPackage: make\n",
            "bb.plain": "Package: gcc\n\nPackage: g++\n", "cc.17.99": "Package: gccgo\n", "dd": "", "ee": "\u{0}gcc",
        ]
        #expect(try names("gcc", in: files) == ["gcc", "gcc-12"])
        #expect(try names("g", in: files) == ["g++", "gcc", "gcc-12"])
        #expect(try names("x", in: files) == [])
    }

    /// Lines that lie across the borders of what is read at once.
    @Test func ofALargeIndexNoneIsMissed() throws {
        let packages = (1...60_000).map { "package-with-a-number-\($0)" }
        let text = packages.map { "Package: \($0)\nDescription: something\n\n" }.joined()
        #expect(try names("pa", in: ["aa": text]) == packages.sorted())
    }

    @Test func withoutACacheThereAreNone() {
        #expect(CachedPackageNames(in: "/nonexistent", within: .seconds(1)).starting(with: "gcc") == [])
    }
}
