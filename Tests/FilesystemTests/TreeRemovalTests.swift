// SPDX-License-Identifier: Apache-2.0

import Failures
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

    /// Deeper than a process has descriptors.
    @Test func treesMayBeDeep() throws {
        try withScratchDirectory { scratch in
            let top = try Directory.open(scratch)
            var place = try top.openDirectory(".")
            let name: FilePath.Component = "d"
            for _ in 0..<3_000 {
                try place.makeDirectory(name)
                let inner = try place.openDirectory(name)
                place = Directory(adopting: inner.release(), path: "deep")
            }
            try place.makeDirectory("other")
            try top.removeTree("d")
            #expect(try top.names().isEmpty)
        }
    }

    @Test(arguments: [S_IFIFO, S_IFSOCK, S_IFDIR]) func nothingIsReadButFiles(kind: mode_t) throws {
        try withScratchDirectory { scratch in
            let path = scratch.appending("name")
            try #require((kind == S_IFDIR ? mkdir(path.string, 0o755) : mknod(path.string, kind | 0o644, 0)) == 0)
            let top = try Directory.open(scratch)
            let errors = [
                #expect(throws: FilesystemError.self) { try top.readFile("name") },
                #expect(throws: FilesystemError.self) { try path.readFile() },
                #expect(throws: FilesystemError.self) { _ = try top.openInRoot("name").readToEnd(of: path) },
                #expect(throws: FilesystemError.self) { try top.overwrite("name", with: [1]) },
            ]
            #expect(errors[0]?.status == .badData)
            #expect(errors[0]?.cause?.hasPrefix("expected a file, found a") == true)
        }
    }

    @Test func aNameThatIsNotThereIsNoError() throws {
        try withScratchDirectory { try Directory.open($0).removeTree("nothing") }
    }
}
