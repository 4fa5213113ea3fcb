// SPDX-License-Identifier: Apache-2.0

import Filesystem
import SystemPackage
import Testing

@testable import Architectures

@Suite struct ELFSectionsTests {
    private static let program: [UInt8] = (try? Array(FilePathOfTests.program.readFile(limit: 1 << 30))) ?? []

    @Test func theSectionThatDiffersIsNamed() throws {
        let sections = try #require(ELFSections(parsing: Self.program))
        let text = try #require(sections.ranges[".text"])
        var other = Self.program
        other[text.lowerBound] ^= 1
        #expect(ELFSections.differences(Self.program, other) == [".text"])
        #expect(ELFSections.differences(Self.program, Self.program) == [])
    }

    @Test func whatIsDamagedIsNone() {
        #expect(ELFSections(parsing: []) == nil)
        #expect(ELFSections(parsing: Array(Self.program.prefix(64))) == nil)
        var broken = Array(Self.program.prefix(4096))
        for index in 40..<64 { broken[index] = 0xFF }
        #expect(ELFSections(parsing: broken) == nil)
    }
}

private enum FilePathOfTests {
    static let program: FilePath = "/bin/true"
}
