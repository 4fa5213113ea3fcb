// SPDX-License-Identifier: Apache-2.0

import CLinux
import Extraction
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@Suite struct TreeArchiveTests {
    /// A root with what a tar program may lose, made from an archive.
    static func richTar() -> TarBuilder {
        var tar = sampleTar()
        tar.add("./etc/resolv.conf", content: "nameserver 127.0.0.1\n")
        tar.add("./a", content: "one inode", mode: 0o4711)
        tar.add("./b", .hardLink, target: "./a")
        tar.add("./link", .symbolicLink, target: "../nowhere")
        tar.add("./pipe", .fifo)
        tar.add("./d/", .directory, mode: 0o1777, modified: 77)
        tar.add("./d/time", content: "x", pax: [("mtime", Array("1700000001.123456789".utf8))])
        tar.add([0x2E, 0x2F, 0xFF, 0xFE], content: [1], target: "".utf8)
        tar.add("./é", content: "2", pax: [("SCHILY.xattr.user.mangrove", [0, 1, 2, 255])])
        return tar
    }

    /// Everything the tests compare of a tree: name, status but for the inode.
    func describe(_ root: FilePath) throws -> [[UInt8]: String] {
        var found: [[UInt8]: String] = [:]
        func visit(_ path: [UInt8]) throws {
            let path = path + [0]
            var value = stat()
            try #require(lstat(path.map { CChar(bitPattern: $0) }, &value) == 0)
            let status = FileStatus(value)
            let links = status.kind == .directory ? 0 : status.links
            let size = status.kind == .directory ? 0 : status.size
            found[Array(path.dropFirst(root.string.utf8.count))] =
                "\(status.kind) \(status.permissions) \(status.user) \(status.group) \(size) \(status.modified) \(links)"
            guard status.kind == .directory else { return }
            let directory = FilePath(String(decoding: path.dropLast(), as: UTF8.self))
            for name in try rawNames(in: directory) { try visit(path.dropLast() + [0x2F] + name) }
        }
        try visit(Array(root.string.utf8))
        return found
    }

    func archive(_ root: FilePath, _ options: TreeArchive, to path: FilePath) throws -> TreeArchive.Report {
        let output = try OwnedDescriptor.open(path, .writeOnly, options: [.create, .truncate])
        return try options.write(try .open(root), to: output, name: path.string)
    }

    @Test(arguments: TreeArchive.Compression.allCases) func roundTrip(_ compression: TreeArchive.Compression) throws {
        try extracting(Self.richTar().finished) { _, root in
            try withScratchDirectory { scratch in
                let file = scratch.appending("out")
                let report = try archive(root, TreeArchive(compression: compression), to: file)
                #expect(report.leftOut.isEmpty)
                _ = try archive(root, TreeArchive(compression: compression), to: scratch.appending("again"))
                try #expect(file.readFile() == scratch.appending("again").readFile())
                try extracting(file.readFile()) { unpacked, copy in
                    #expect(unpacked.entries == report.entries)
                    #expect(unpacked.bytes == report.bytes)
                    try #expect(describe(copy) == describe(root))
                    try #expect(copy.appending("etc/noise").readFile() == root.appending("etc/noise").readFile())
                    var value = [UInt8](repeating: 0, count: 8)
                    #expect(mg_lgetxattr(copy.appending("é").string, "user.mangrove", &value, 8) == 4)
                    #expect(value.prefix(4) == [0, 1, 2, 255])
                }
            }
        }
    }

    @Test func anEarlierCallThatWantedMemoryIsNotThisOnes() throws {
        try withScratchDirectory { scratch in
            var tree = TarBuilder()
            tree.add([0x2E, 0x2F, 0xFF, 0xFE], content: [1], target: "".utf8)
            try extracting(tree.finished) { _, root in
                errno = ENOMEM
                _ = try archive(root, TreeArchive(compression: .none), to: scratch.appending("out"))
            }
        }
    }

    @Test func overrides() throws {
        try extracting(Self.richTar().finished) { _, root in
            try withScratchDirectory { scratch in
                let overrides: [String: TreeArchive.Override] = [
                    "etc/resolv.conf": .symbolicLink("../run/resolv.conf"), "etc/noise": .omitted, "d": .emptied,
                    "etc/new": .file(Array("made up\n".utf8), permissions: 0o600), "a": .omitted,
                ]
                _ = try archive(
                    root, TreeArchive(compression: .none, overrides: overrides), to: scratch.appending("out"))
                try extracting(scratch.appending("out").readFile()) { _, copy in
                    try #expect(
                        Directory.open(copy.appending("etc")).symbolicLinkTarget(of: "resolv.conf")
                            == "../run/resolv.conf")
                    try #expect(Directory.open(copy.appending("etc")).status(of: "noise") == nil)
                    try #expect(copy.appending("etc/new").readFile() == Array("made up\n".utf8))
                    try #expect(status(copy.appending("etc/new")).permissions == 0o600)
                    try #expect(rawNames(in: copy.appending("d")).isEmpty)
                    // Its other name is left out: the contents come with this one.
                    try #expect(copy.appending("b").readFile() == Array("one inode".utf8))
                }
            }
        }
    }

    @Test func holesStayHoles() throws {
        try withScratchDirectory { scratch in
            let tree = scratch.appending("tree")
            try Directory.open(scratch).makeDirectory("tree")
            for (name, offset) in [("middle", 8 << 20), ("only", -1)] as [(FilePath.Component, Int)] {
                let file = try OwnedDescriptor.open(tree.appending(name), .writeOnly, options: .create)
                try #require(ftruncate(file.rawValue, 16 << 20) == 0)
                if offset >= 0 { try #require(pwrite(file.rawValue, "data", 4, offset) == 4) }
            }
            _ = try archive(tree, TreeArchive(compression: .none), to: scratch.appending("out"))
            try #expect(status(scratch.appending("out")).size < 1 << 20)
            try extracting(scratch.appending("out").readFile()) { _, copy in
                try #expect(copy.appending("middle").readFile() == tree.appending("middle").readFile())
                try #expect(status(copy.appending("only")).size == 16 << 20)
                try #expect(status(copy.appending("only")).allocated == 0)
            }
        }
    }

    /// To read it would take minutes.
    @Test(.timeLimit(.minutes(1))) func holesAreNotRead() throws {
        try withScratchDirectory { scratch in
            let tree = scratch.appending("tree")
            try Directory.open(scratch).makeDirectory("tree")
            let file = try OwnedDescriptor.open(tree.appending("large"), .writeOnly, options: .create)
            // Not every file system has room for one of that size.
            guard ftruncate(file.rawValue, 512 << 30) == 0 else { return }
            let report = try archive(tree, TreeArchive(compression: .none), to: scratch.appending("out"))
            #expect(report.entries == 2 && report.leftOut.isEmpty)
        }
    }

    @Test func socketsAreLeftOut() throws {
        try withScratchDirectory { scratch in
            try Directory.open(scratch).makeDirectory("tree")
            try #require(Glibc.mknod(scratch.appending("tree/socket").string, S_IFSOCK | 0o600, 0) == 0)
            let report = try archive(
                scratch.appending("tree"), TreeArchive(compression: .none), to: scratch.appending("out"))
            #expect(report.leftOut.map(\.path) == ["socket"])
            #expect(report.entries == 1)
        }
    }

    @Test func capabilitiesAndAccessControlLists() throws {
        guard geteuid() == 0 else { return print("capabilitiesAndAccessControlLists: skipped, needs root") }
        // cap_net_raw=ep, as the kernel has it; u::rw-,u:1000:r--,g::r--,m::r--,o::---
        let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20] + [UInt8](repeating: 0, count: 14)
        var tar = TarBuilder()
        tar.add(
            "ping", content: "x", mode: 0o755, user: 3, group: 4,
            pax: [("SCHILY.xattr.security.capability", capability)])
        let list = "user::rw-,user::r--:1000,user:someone:r--:1001,group::r--,mask::r--,other::---"
        tar.add("shared", content: "x", mode: 0o640, pax: [("SCHILY.acl.access", Array(list.utf8))])
        try extracting(tar.finished, .base) { first, root in
            try withScratchDirectory { scratch in
                _ = try archive(root, TreeArchive(compression: .none), to: scratch.appending("out"))
                try extracting(scratch.appending("out").readFile(), .base) { second, copy in
                    for (tree, report) in [(root, first), (copy, second)] {
                        #expect(report.skipped.isEmpty)
                        var value = [UInt8](repeating: 0, count: 64)
                        let count = mg_lgetxattr(tree.appending("ping").string, "security.capability", &value, 64)
                        #expect(Array(value.prefix(count)) == capability)
                        let size = mg_lgetxattr(tree.appending("shared").string, "system.posix_acl_access", &value, 64)
                        #expect(size == 4 + 8 * 6)
                        #expect(value[20..<28] == [2, 0, 4, 0, 0xE9, 3, 0, 0])
                    }
                }
            }
        }
    }
}
