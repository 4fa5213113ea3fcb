// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
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

    @Test(arguments: ["usr/bin/sed", "usr/lib/x/libc.so.6", "machine/so", "usr/share/doc/sed"])
    func aFileWrittenAnewShows(file: FilePath) throws {
        try withTree { tree, manifest in
            try AtomicFile.write(Array("two".utf8), to: tree.pushing(file))
            #expect(!manifest.holds(for: tree))
        }
    }

    /// Whoever does that does not want it to be seen.
    @Test func aByteOfTheSameFileAtTheSameTimeShows() throws {
        try withTree { tree, manifest in
            let path = tree.pushing("usr/lib/x/libc.so.6")
            var before = stat()
            #expect(stat(path.string, &before) == 0)
            let file = try FileDescriptor.open(path, .readWrite)
            try file.closeAfter { _ = try file.writeAll(toAbsoluteOffset: 1, [0x21]) }
            #expect(utimensat(AT_FDCWD, path.string, [before.st_atim, before.st_mtim], 0) == 0)
            var after = stat()
            #expect(stat(path.string, &after) == 0)
            #expect(after.st_size == before.st_size && after.st_ino == before.st_ino)
            #expect(after.st_mtim.tv_sec == before.st_mtim.tv_sec && after.st_mtim.tv_nsec == before.st_mtim.tv_nsec)
            #expect(!manifest.holds(for: tree))
        }
    }

    /// The loader takes that of a newer processor before the one that was there.
    @Test(arguments: ["usr/lib/x/libnew.so", "usr/lib/x/glibc-hwcaps/x86-64-v2/libc.so.6", "new"])
    func aFileMoreShows(file: FilePath) throws {
        try withTree { tree, manifest in
            try tree.pushing(file).removingLastComponent().makeDirectories()
            try AtomicFile.write(Array("one".utf8), to: tree.pushing(file))
            #expect(!manifest.holds(for: tree))
        }
    }

    @Test func namesThatAreNotUTF8AreNamesLikeOthers() throws {
        try withScratchDirectory { scratch in
            let path = scratch.string + "/"
            let descriptor = open(
                path.utf8CString.dropLast() + [CChar(bitPattern: 0xFF), 0], O_CREAT | O_WRONLY, 0o644)
            #expect(descriptor >= 0)
            close(descriptor)
            let manifest = try TreeManifest(of: scratch)
            #expect(manifest.holds(for: scratch))
        }
    }

    @Test func aManifestThatLostSomethingIsNone() throws {
        try withTree { tree, _ in
            let path = tree.removingLastComponent().appending("manifest")
            let bytes = try path.readFile()
            // Of the last record only its end, all of it, and everything.
            let record = bytes.count - 32 - "sed\0".utf8.count
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

    @Test(arguments: ["", "x", "1 2 3 4\tusr/bin/sed", "\0", "1 2 3 4\tusr/bin/sed\0"])
    func aDamagedOneDoesNotHold(text: String) throws {
        try withTree { tree, _ in
            let path = tree.appending("manifest")
            try AtomicFile.write(Array(text.utf8), to: path)
            #expect(TreeManifest(reading: path)?.holds(for: tree) != true)
        }
    }
}
