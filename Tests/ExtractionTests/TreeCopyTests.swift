// SPDX-License-Identifier: Apache-2.0

import CLinux
import Extraction
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@Suite struct TreeCopyTests {
    private func copy(_ tree: FilePath, to name: FilePath.Component, in scratch: FilePath) throws -> FilePath {
        try Directory.open(scratch).makeDirectory(name)
        let target = scratch.appending(name)
        try TreeCopy(ownership: .caller).copy(tree, into: try .open(target)) { _ in }
        return target
    }

    @Test func aCopyIsTheSameTree() throws {
        try extracting(TreeArchiveTests.richTar().finished) { _, root in
            #expect(mg_lsetxattr(root.appending("etc").string, "user.mangrove", "d", 1) == 0)
            let time = timespec(tv_sec: 1_600_000_000, tv_nsec: 7)
            for path in ["link", "pipe", "etc", ""] {
                let path = root.pushing(FilePath(path)).string
                #expect(utimensat(AT_FDCWD, path, [time, time], AT_SYMLINK_NOFOLLOW) == 0)
            }
            try withScratchDirectory { scratch in
                let made = try copy(root, to: "copy", in: scratch)
                try #expect(TreeArchiveTests().describe(made) == TreeArchiveTests().describe(root))
                for path in ["etc/noise", "a", "d/time"] {
                    try #expect(
                        made.pushing(FilePath(path)).readFile() == root.pushing(FilePath(path)).readFile(), "\(path)")
                }
                try #expect(status(made.appending("a")).inode == status(made.appending("b")).inode)
                var value = [UInt8](repeating: 0, count: 8)
                #expect(mg_lgetxattr(made.appending("é").string, "user.mangrove", &value, 8) == 4)
                #expect(value.prefix(4) == [0, 1, 2, 255])
                #expect(mg_lgetxattr(made.appending("etc").string, "user.mangrove", &value, 8) == 1)
                try #expect(Directory.open(made).symbolicLinkTarget(of: "link") == "../nowhere")
            }
        }
    }

    @Test func holesStayHoles() throws {
        try withScratchDirectory { scratch in
            let tree = scratch.appending("tree")
            try Directory.open(scratch).makeDirectory("tree")
            let places: [(FilePath.Component, [Int])] = [
                ("middle", [8 << 20]), ("several", [0, 4 << 20, 12 << 20]), ("only", []),
            ]
            for (name, offsets) in places {
                let file = try OwnedDescriptor.open(tree.appending(name), .writeOnly, options: .create)
                try #require(ftruncate(file.rawValue, 16 << 20) == 0)
                for offset in offsets { try #require(pwrite(file.rawValue, "data", 4, offset) == 4) }
            }
            let made = try copy(tree, to: "copy", in: scratch)
            for (name, _) in places {
                try #expect(made.appending(name).readFile() == tree.appending(name).readFile(), "\(name)")
                try #expect(status(made.appending(name)).allocated <= 64 << 10, "\(name)")
            }
        }
    }

    /// Deeper than most processes can have files open, or a path can be long; what is at the bottom has a name at the top, too.
    @Test func depthIsNoLimit() throws {
        try withScratchDirectory { scratch in
            let depth = 700
            let tree = scratch.appending("tree")
            try Directory.open(scratch).makeDirectory("tree")
            try AtomicFile.write(Array("one inode".utf8), to: tree.appending("top"))
            let top = try Directory.open(tree)
            // By its descriptor: a path would get long.
            func bottom(of directory: FilePath, making: Bool) throws -> OwnedDescriptor {
                var place = try Directory.open(directory).release()
                for _ in 0..<depth {
                    if making { try #require(mkdirat(place.rawValue, "directory", 0o755) == 0) }
                    let next = openat(place.rawValue, "directory", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                    try #require(next >= 0)
                    place = OwnedDescriptor(adopting: FileDescriptor(rawValue: next))
                }
                return place
            }
            let place = try bottom(of: tree, making: true)
            try #require(linkat(top.rawValue, "top", place.rawValue, "bottom", 0) == 0)
            try #require(fchmod(place.rawValue, 0o751) == 0)

            let made = try copy(tree, to: "copy", in: scratch)
            let copied = Directory(adopting: try bottom(of: made, making: false), path: "copy")
            try #expect(copied.status().permissions == 0o751)
            try #expect(copied.status(of: "bottom")?.inode == status(made.appending("top")).inode)
            try #expect(copied.readFile("bottom", limit: 100) == Array("one inode".utf8))
        }
    }

    /// Several threads are at it at once.
    @Test func manyDirectoriesAndFilesWithSeveralNames() throws {
        try withScratchDirectory { scratch in
            let tree = scratch.appending("tree")
            for number in 0..<300 {
                let directory = tree.appending("d\(number % 10)").appending("e\(number)")
                try directory.makeDirectories()
                for file in 0..<8 {
                    try writeFile(Array("\(number) \(file)".utf8), to: directory.appending("f\(file)"))
                }
                let first = tree.appending("d0").appending("e0").appending("f0")
                if number > 0 { try #require(link(first.string, directory.appending("again").string) == 0) }
            }
            let made = try copy(tree, to: "copy", in: scratch)
            try #expect(TreeArchiveTests().describe(made) == TreeArchiveTests().describe(tree))
            try #expect(status(made.appending("d0").appending("e0").appending("f0")).links == 300)
            try #expect(made.appending("d9").appending("e299").appending("f7").readFile() == Array("299 7".utf8))
        }
    }

    @Test func whatIsLeftOutIsSaid() throws {
        try withScratchDirectory { scratch in
            let tree = scratch.appending("tree")
            try tree.appending("run").makeDirectories()
            let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(tree.appending("run/socket").string.utf8)
            try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(bound == 0)
            try writeFile([1, 2, 3], to: tree.appending("run/file"))
            try Directory.open(scratch).makeDirectory("copy")
            let target = scratch.appending("copy")
            let report = try TreeCopy(ownership: .caller).copy(tree, into: try .open(target)) { _ in }
            #expect(report.skipped.map { [$0.path, $0.reason] } == [["run/socket", "a socket"]])
            #expect(report.entries == 3 && report.bytes == 3 && report.mounts.isEmpty)
            let times = try ["", "run", "run/file"].map { try status(tree.pushing(FilePath($0))).modified }
            #expect(report.newestTime == times.map { $0 / 1_000_000_000 }.max())
            #expect(try Directory.open(target.appending("run")).names() == ["file"])
        }
    }

    /// It would not end.
    @Test func aCopyInItsOwnSourceIsNotCopied() throws {
        try withScratchDirectory { scratch in
            try scratch.appending("d/copy").makeDirectories()
            try writeFile([1], to: scratch.appending("file"))
            let target = scratch.appending("d/copy")
            let report = try TreeCopy(ownership: .caller).copy(scratch, into: try .open(target)) { _ in }
            #expect(report.skipped.map { [$0.path, $0.reason] } == [["d/copy", "the copy itself"]])
            #expect(try Set(Directory.open(target).names()) == ["d", "file"])
            #expect(try Directory.open(target.appending("d")).names() == [])
        }
    }

    @Test func whatCannotBeMadeIsSaid() throws {
        try withScratchDirectory { scratch in
            let tree = scratch.appending("tree").appending("usr")
            try tree.makeDirectories()
            try writeFile([1], to: tree.appending("file"))
            let target = scratch.appending("copy").appending("usr")
            try target.makeDirectories()
            let error = #expect(throws: ExtractionError.self) {
                try TreeCopy(ownership: .caller).copy(
                    scratch.appending("tree"), into: try .open(scratch.appending("copy"))
                ) { _ in }
            }
            #expect(error?.problem == "cannot create directory /usr of \(scratch.appending("tree"))")
        }
    }
}
