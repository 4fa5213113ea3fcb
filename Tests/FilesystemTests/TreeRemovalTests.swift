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

    @Test func namesNeedNotBeUTF8() throws {
        try withScratchDirectory { scratch in
            let top = try Directory.open(scratch)
            try top.makeDirectory("tree")
            // "tree/" and two bytes that no UTF-8 has.
            let raw: [UInt8] = Array(scratch.appending("tree/").string.utf8) + [0x2F, 0xE9, 0xFF, 0]
            try #require(mkdir(raw.map { CChar(bitPattern: $0) }, 0o755) == 0)
            try top.removeTree("tree")
            #expect(try top.names().isEmpty)
        }
    }

    @Test func aNameThatIsNotThereIsNoError() throws {
        try withScratchDirectory { try Directory.open($0).removeTree("nothing") }
    }
}
