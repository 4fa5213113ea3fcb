// SPDX-License-Identifier: Apache-2.0

import Filesystem
import SystemPackage
import Testing

@Suite struct SeedTests {
    /// A trap would end the tests.
    @Test(arguments: FuzzTarget.allCases) func seedsAreRead(target: FuzzTarget) throws {
        let seeds = FilePath(#filePath).removingLastComponent().appending("Seeds").appending(target.rawValue)
        let names = try Directory.open(seeds).names()
        try #require(!names.isEmpty)
        for name in names { target.read(try seeds.appending(name).readFile()) }
    }
}
