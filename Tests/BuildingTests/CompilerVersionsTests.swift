// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Acceleration
@testable import Building

@Suite struct CompilerVersionsTests {
    private func installed(_ versions: [String: String]) -> InstalledPackages {
        let text = versions.map {
            "Package: \($0.key)\nStatus: install ok installed\nArchitecture: arm64\nVersion: \($0.value)\n"
        }
        return InstalledPackages(parsing: Array(text.joined(separator: "\n").utf8), of: .dpkg)
    }

    @Test func compilersAssemblersAndWhatTheyComputeWithCount() {
        let versions = CompilerVersions(
            of: installed([
                "gcc-12": "12.2.0-14", "g++-12": "12.2.0-14", "binutils-aarch64-linux-gnu": "2.40-2",
                "libmpfr6": "4.2.0-1", "gcc-12-base": "12.2.0-14", "make": "4.3-4.1", "gcc-doc": "1",
            ]))
        #expect(versions.names == ["binutils-aarch64-linux-gnu", "g++-12", "gcc-12", "libmpfr6"])
        #expect(CompilerVersions(parsing: versions.texts) == versions)
    }

    @Test func anotherVersionIsNamed() {
        let wanted = CompilerVersions(of: installed(["gcc-12": "12.2.0-14", "binutils": "2.40-2"]))
        #expect(wanted.difference(from: installed(["gcc-12": "12.2.0-14", "binutils": "2.40-2", "sed": "4"])) == nil)
        #expect(
            wanted.difference(from: installed(["gcc-12": "12.2.0-13", "binutils": "2.40-2"]))
                == "expected gcc-12 12.2.0-14, found 12.2.0-13")
        #expect(wanted.difference(from: nil) == "expected binutils 2.40-2, found none")
    }

    @Test(arguments: [["gcc"], ["-x=1"], ["=1"]])
    func whatIsNoVersionIsRefused(texts: [String]) {
        #expect(CompilerVersions(parsing: texts) == nil)
    }
}
