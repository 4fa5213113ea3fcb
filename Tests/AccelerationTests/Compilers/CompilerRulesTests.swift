// SPDX-License-Identifier: Apache-2.0

@testable import Acceleration
import Architectures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct CompilerRulesTests {
    private let rules: CompilerRules

    init() throws {
        rules = try #require(try Eligibility.builtIn().dpkg.compilers)
    }

    @Test func `what the rules refer to is there`() throws {
        #expect(rules.dangling.isEmpty)
        #expect(try Eligibility.builtIn().apk.compilers == nil)
    }

    @Test func `no program has two rules, and each path names the machine or is gcc's`() {
        let programs = rules.programs.flatMap(\.programs)
        #expect(Set(programs).count == programs.count)
        #expect(programs.allSatisfy { $0.hasPrefix("/usr/bin/{triplet}-") || $0.hasPrefix("{gcc}/") })
    }

    @Test func `every reason says something`() {
        for exceptions in rules.exceptions.values {
            for (pattern, reason) in (exceptions.refusing ?? [:]).merging(
                exceptions.variables ?? [:], uniquingKeysWith: +)
            {
                #expect(reason.count > 10, "\(pattern)")
            }
        }
    }

    @Test func `paths are found by version, in either of gcc's directories`() throws {
        try withScratchDirectory { scratch in
            for path in ["usr/lib/gcc/aarch64-linux-gnu/14", "usr/libexec/gcc/aarch64-linux-gnu/14"] {
                try scratch.pushing(FilePath(path)).makeDirectories()
                try AtomicFile.write([], to: scratch.pushing(FilePath("\(path)/collect2")))
            }
            let compilers = CompilerDirectories(.arm64, in: try Directory.open(scratch), cross: false)
            #expect(compilers.versions == ["14"])
            #expect(
                compilers.paths(of: "{gcc}/collect2", "14")
                    == ["lib", "libexec"].map { "/usr/\($0)/gcc/aarch64-linux-gnu/14/collect2" })
            #expect(compilers.path(of: "{gcc}/cc1", "14") == nil && compilers.path(of: "{gcc}/collect2", nil) == nil)
            let driver = try #require(compilers.path(of: "/usr/bin/{triplet}-g++-{version}", "14"))
            #expect(driver == "/usr/bin/aarch64-linux-gnu-g++-14" && compilers.name(of: driver) == "g++-14")
        }
    }
}
