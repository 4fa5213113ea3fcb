// SPDX-License-Identifier: Apache-2.0

import Extraction
import Failures
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@Suite struct TreeOwnersTests {
    @Test func everythingHasToBelongToWhoMayHaveIt() throws {
        try withScratchDirectory { scratch in
            try scratch.appending("a/b").makeDirectories()
            try Directory.open(scratch).makeSymbolicLink("out", to: "/")
            try writeFile([1], to: scratch.appending("a/file"))
            let (user, group) = (geteuid(), try Directory.open(scratch).status().group)
            try TreeOwners.require(in: scratch, user: { $0 == user }, group: { $0 == group })
            let foreign = #expect(throws: ExtractionError.self) {
                try TreeOwners.require(in: scratch, user: { $0 != user }, group: { $0 == group })
            }
            #expect(foreign?.reason == .foreign(path: "/", owner: "user \(user)"))
            #expect(foreign?.status == .notPermitted)
            #expect(foreign?.problem == "cannot copy \(scratch) with its owner")
            let other = #expect(throws: ExtractionError.self) {
                try TreeOwners.require(in: scratch, user: { $0 == user }, group: { $0 != group })
            }
            #expect(other?.cause == "it belongs to group \(group), not to you or your subordinate ids")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"), arguments: ["a/b", "a/file", "out"])
    func theFirstOfOthersIsNamed(path: String) throws {
        try withScratchDirectory { scratch in
            try scratch.appending("a/b").makeDirectories()
            try Directory.open(scratch).makeSymbolicLink("out", to: "/")
            try writeFile([1], to: scratch.appending("a/file"))
            try #require(lchown(scratch.pushing(FilePath(path)).string, 12_345, 0) == 0)
            let error = #expect(throws: ExtractionError.self) {
                try TreeOwners.require(in: scratch, user: { $0 == 0 }, group: { _ in true })
            }
            #expect(error?.reason == .foreign(path: "/\(path)", owner: "user 12345"))
        }
    }
}
