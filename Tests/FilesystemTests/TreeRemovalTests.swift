// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@Suite struct TreeRemovalTests {
    @Test func deletesATreeButNothingItsLinksPointTo() throws {
        try withScratchDirectory { scratch in
            let top = try Directory.open(scratch)
            try top.makeDirectory("victim")
            try AtomicFile.write([1], to: scratch.appending("victim/kept"))
            try top.makeDirectory("tree")
            let tree = try top.openDirectory("tree")
            try tree.makeSymbolicLink("link", to: "../victim")
            try tree.makeDirectory("closed")
            try AtomicFile.write([1], to: scratch.appending("tree/closed/file"))
            _ = chmod(scratch.appending("tree/closed").string, 0)

            try top.removeTree("tree")

            #expect(try top.status(of: "tree") == nil)
            #expect(try top.openDirectory("victim").names() == ["kept"])
        }
    }

    @Test func aNameThatIsNotThereIsNoError() throws {
        try withScratchDirectory { try Directory.open($0).removeTree("nothing") }
    }
}
