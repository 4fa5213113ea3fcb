// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Commands

@Suite struct StepProgressTests {
    @Test(arguments: [
        ("[12/345] CC foo.o", 12, 345), ("[ 12%] Building C object foo.o", 12, 100),
        ("[100%] Built target foo", 100, 100), ("[3/3] Linking foo", 3, 3), ("  [1/2] x", 1, 2),
    ])
    func isWhatNinjaAndCMakeSay(line: String, completed: Int64, total: Int64) throws {
        let read = try #require(StepProgress.read(line))
        #expect(read.completed == completed && read.total == total)
    }

    @Test(arguments: [
        "", "[", "[]", "[1/0] x", "[4/3] x", "[-1/3] x", "[101%] x", "[a/b] x", "[1/2/3] x", "[/] x", "[%] x",
        "CC foo.o", "warning: [1/2]", "[99999999999999999999/3]",
    ])
    func isNotReadFromAnythingElse(line: String) {
        #expect(StepProgress.read(line) == nil)
    }
}
