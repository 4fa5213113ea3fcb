// SPDX-License-Identifier: Apache-2.0

import CLinux
import Extraction
import Filesystem
import Fixtures
import Foundation
import Glibc
import SystemPackage
import Testing

/// Archives that do not tell when and where their tree was made.
@Suite struct ReproductionTests {
    private let epoch: Int64 = 1_600_000_000

    /// The same contents as every other; what may differ does.
    private func makeTree(in scratch: FilePath, _ name: String, later: Bool) throws -> FilePath {
        let root = scratch.appending(name)
        for path in ["d", "log/sub", "run/deep", "cache/sub"] {
            try root.pushing(FilePath(path)).makeDirectories()
        }
        let files = ["a", "b", "d/old", "log/x", "log/sub/y", "run/pid", "run/deep/z", "cache/index", "cache/sub/i"]
        // Numbers of inodes follow the order in which files are made.
        for file in later ? files.reversed() : files {
            let text = file.hasPrefix("log") || file.hasPrefix("cache") ? "\(name)\n" : "\(file)\n"
            try AtomicFile.write(Array(text.utf8), to: root.pushing(FilePath(file)))
        }
        let sparse = root.appending("sparse")
        try AtomicFile.write(later ? [UInt8](repeating: 0, count: 1 << 20) : [], to: sparse)
        #expect(truncate(sparse.string, 1 << 20) == 0)
        #expect(link(root.appending("a").string, root.appending("second").string) == 0)
        #expect(symlink("a", root.appending("link").string) == 0)
        for attribute in later ? ["user.b", "user.a"] : ["user.a", "user.b"] {
            #expect(mg_lsetxattr(root.appending("a").string, attribute, attribute, UInt(attribute.utf8.count)) == 0)
        }
        if geteuid() == 0, later { #expect(mknod(root.appending("device").string, S_IFCHR | 0o600, dev_t(0x103)) == 0) }
        let paths = ["", "a", "b", "sparse", "link"] + files
        for path in paths where path != "d/old" {
            let time = timespec(tv_sec: Int(epoch) + (later ? 7000 : 5), tv_nsec: later ? 1 : 999_999_999)
            #expect(utimensat(AT_FDCWD, root.pushing(FilePath(path)).string, [time, time], AT_SYMLINK_NOFOLLOW) == 0)
        }
        let old = timespec(tv_sec: 77, tv_nsec: later ? 5 : 0)
        #expect(utimensat(AT_FDCWD, root.appending("d/old").string, [old, old], 0) == 0)
        return root
    }

    private var reproduction: Reproduction {
        Reproduction(newestTime: epoch, omitted: ["run/*"], omittedFiles: ["cache/*"], emptiedFiles: ["log/*"])
    }

    private func archive(_ root: FilePath, _ archive: TreeArchive, to path: FilePath) throws -> [UInt8] {
        let output = try OwnedDescriptor.open(path, .writeOnly, options: [.create, .truncate])
        _ = try archive.write(try .open(root), to: output, name: "archive")
        return try path.readFile()
    }

    @Test(arguments: TreeArchive.Compression.allCases)
    func treesOfTheSameContentsGiveTheSameBytes(compression: TreeArchive.Compression) throws {
        try withScratchDirectory { scratch in
            let first = try makeTree(in: scratch, "first", later: false)
            let second = try makeTree(in: scratch, "second", later: true)
            let file = scratch.appending("file")
            // However many processors there are.
            let one = TreeArchive(compression: compression, threads: 1, reproduction: reproduction)
            let eight = TreeArchive(compression: compression, threads: 8, reproduction: reproduction)
            let bytes = try archive(first, one, to: file)
            #expect(try archive(second, eight, to: file) == bytes)
            #expect(try archive(first, TreeArchive(compression: compression), to: file) != bytes)
            try extracting(bytes) { (_, copy) throws in
                let names = try FileManager.default.subpathsOfDirectory(atPath: copy.string).sorted()
                #expect(
                    names == [
                        "a", "b", "cache", "cache/sub", "d", "d/old", "link", "log", "log/sub", "log/sub/y", "log/x",
                        "run", "second", "sparse",
                    ])
                #expect(try status(copy.appending("log/x")).size == 0)
                #expect(try status(copy.appending("sparse")).size == 1 << 20)
                #expect(try status(copy.appending("a")).links == 2)
                var time = stat()
                #expect(lstat(copy.appending("d/old").string, &time) == 0)
                #expect(time.st_mtim.tv_sec == 77 && time.st_mtim.tv_nsec == 0)
                for path in ["a", "link", "d", "log"] {
                    #expect(lstat(copy.appending(path).string, &time) == 0)
                    #expect(time.st_mtim.tv_sec == epoch && time.st_mtim.tv_nsec == 0, "\(path)")
                }
            }
            let text = try archive(first, TreeArchive(compression: .none, reproduction: reproduction), to: file)
            for word in ["SCHILY.ino=", "atime=", "ctime=", "GNU.sparse"] {
                let found = text.firstRange(of: Array(word.utf8)).map { text[$0.upperBound...].prefix(2) }
                #expect(found == nil || found?.elementsEqual("0\n".utf8) == true, "\(word)")
            }
        }
    }

    @Test func contentsStandInForAFilesOwn() throws {
        try withScratchDirectory { scratch in
            let root = try makeTree(in: scratch, "root", later: false)
            #expect(chmod(root.appending("a").string, 0o640) == 0)
            let overrides: [String: TreeArchive.Override] = [
                "a": .contents(Array("others".utf8)), "absent": .contents([]),
            ]
            let options = TreeArchive(compression: .none, overrides: overrides)
            let bytes = try archive(root, options, to: scratch.appending("file"))
            try extracting(bytes) { (_, copy) throws in
                #expect(try copy.appending("a").readFile() == Array("others".utf8))
                #expect(try status(copy.appending("a")).permissions == 0o640)
                #expect(try copy.appending("second").readFile() == Array("a\n".utf8))
                #expect(access(copy.appending("absent").string, F_OK) != 0)
            }
        }
    }
}
