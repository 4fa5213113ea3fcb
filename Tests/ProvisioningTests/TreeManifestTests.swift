// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct TreeManifestTests {
    private func withTree(_ body: (FilePath, TreeManifest) throws -> Void) throws {
        try withScratchDirectory { scratch in
            let tree = scratch.appending("tree")
            for file: FilePath in [
                "usr/bin/sed", "usr/lib/x/libc.so.6", "machine/so", "usr/share/doc/sed", "usr/lib/x/data",
            ] {
                let path = tree.pushing(file)
                try path.removingLastComponent().makeDirectories()
                try AtomicFile.write(Array("one".utf8), to: path)
            }
            try TreeManifest(of: tree).write(to: scratch.appending("manifest"))
            try body(tree, #require(TreeManifest(reading: scratch.appending("manifest"))))
        }
    }

    @Test func holdsForTheTreeAsItWas() throws {
        try withTree { tree, manifest in
            #expect(manifest.holds(for: tree))
            let again = try TreeManifest(of: tree)
            #expect(again == manifest)
        }
    }

    @Test(arguments: ["usr/bin/sed", "usr/lib/x/libc.so.6", "machine/so"])
    func aProgramOrLibraryWrittenAnewShows(file: FilePath) throws {
        try withTree { tree, manifest in
            try AtomicFile.write(Array("two".utf8), to: tree.pushing(file))
            #expect(!manifest.holds(for: tree))
        }
    }

    @Test func aManifestThatLostSomethingIsNone() throws {
        try withTree { tree, _ in
            let path = tree.removingLastComponent().appending("manifest")
            let bytes = try path.readFile()
            // Of the last record only its end, all of it, and everything.
            let record = bytes.dropLast().lastIndex(of: 0).map { $0 + 1 } ?? 0
            for end in [bytes.count - 1, record, 1, 0] {
                try AtomicFile.write(Array(bytes[..<end]), to: path)
                #expect(TreeManifest(reading: path) == nil)
            }
        }
    }

    @Test func aDeletedProgramShows() throws {
        try withTree { tree, manifest in
            try Directory.open(tree.appending("usr/bin")).unlink("sed")
            #expect(!manifest.holds(for: tree))
        }
    }

    @Test func aTreeMadeByAnotherEditionIsNotTaken() throws {
        try withTree { tree, _ in
            let path = tree.removingLastComponent().appending("manifest")
            let bytes = try path.readFile()
            let records = bytes.drop { $0 != 0 }
            try AtomicFile.write(Array("2".utf8) + records, to: path)
            #expect(TreeManifest(reading: path) == nil)
            // As it was before editions were written down.
            try AtomicFile.write(Array(records.dropFirst()), to: path)
            #expect(TreeManifest(reading: path) == nil)
        }
    }

    @Test func whatNoProgramIsMadeOfDoesNotMatter() throws {
        try withTree { tree, manifest in
            try Directory.open(tree.appending("usr/share/doc")).unlink("sed")
            try Directory.open(tree.appending("usr/lib/x")).unlink("data")
            #expect(manifest.holds(for: tree))
        }
    }

    @Test(arguments: ["", "x", "1 2 3 4\tusr/bin/sed", "\0", "1 2 3 4\tusr/bin/sed\0"])
    func aDamagedOneDoesNotHold(text: String) throws {
        try withTree { tree, _ in
            let path = tree.appending("manifest")
            try AtomicFile.write(Array(text.utf8), to: path)
            #expect(TreeManifest(reading: path)?.holds(for: tree) != true)
        }
    }
}
