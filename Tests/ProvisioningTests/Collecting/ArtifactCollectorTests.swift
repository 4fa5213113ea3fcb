// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct ArtifactCollectorTests {
    /// Collects from a tree that `fill` makes. Gives what was collected and where it is.
    private func collect(
        _ patterns: [ArtifactPattern], from files: [String], _ prepare: (FilePath) throws -> Void = { _ in },
        _ check: (ArtifactCollection, FilePath) throws -> Void
    ) throws {
        try withScratchDirectory { directory in
            let tree = directory.appending("tree")
            let results = directory.appending("results")
            try tree.makeDirectories()
            try results.makeDirectories()
            for file in files {
                let path = tree.pushing(FilePath(file))
                try path.removingLastComponent().makeDirectories()
                try AtomicFile.write(Array(file.utf8), to: path)
            }
            try prepare(tree)
            let collector = ArtifactCollector(
                .init(tree: tree.string, patterns: patterns, destination: results.string))
            try check(try collector.collect { _ in }, results)
        }
    }

    private static func pattern(_ text: String, directory: String) -> ArtifactPattern {
        var pattern = ArtifactPattern(text)
        pattern.directory = directory
        return pattern
    }

    private func paths(_ pattern: String, in files: [String]) throws -> [String] {
        var found: [String] = []
        try collect([ArtifactPattern(pattern)], from: files) { collection, results in
            found = collection.files.map(\.path)
            for path in found {
                let bytes = try results.pushing(FilePath(path)).readFile()
                #expect(!bytes.isEmpty)
            }
        }
        return found
    }

    private static let files = [
        "p/dist/a.txt", "p/dist/b.bin", "p/dist/sub/c.txt", "p/dist/sub/deep/d.txt", "p/dist/.hidden", "p/x.deb",
        "p/.git/config",
    ]

    @Test(arguments: [
        ("/p/dist/a.txt", ["a.txt"]),
        ("/p/dist/*.txt", ["a.txt"]),
        ("/p/dist/**", ["a.txt", "b.bin", "sub/c.txt", "sub/deep/d.txt"]),
        ("/p/dist/**/*.txt", ["a.txt", "sub/c.txt", "sub/deep/d.txt"]),
        // A directory's own content, all of it.
        ("/p/dist", [".hidden", "a.txt", "b.bin", "sub/c.txt", "sub/deep/d.txt"]),
        ("/p/dist/*", ["a.txt", "b.bin", "sub/c.txt", "sub/deep/d.txt"]),
        ("/p/dist/../*.deb", ["x.deb"]),
        ("/p/*/[ab].*", ["dist/a.txt", "dist/b.bin"]),
        ("/none/*", []),
    ])
    func patternsNameWhatGlobsWould(pattern: String, expected: [String]) throws {
        #expect(try paths(pattern, in: Self.files).sorted() == expected)
    }

    @Test func modesAndTimesAndLinksComeAlongButNoRights() throws {
        try collect([Self.pattern("/d", directory: "out")], from: ["d/f"]) { tree in
            let path = tree.appending("d/f").string
            #expect(chmod(path, 0o6751) == 0)
            var times = [timespec(tv_sec: 1_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000, tv_nsec: 0)]
            #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
            #expect(symlink("f", tree.appending("d/l").string) == 0)
        } _: { collection, results in
            let found = try #require(collection.files.first)
            #expect(found.path == "out/f")
            #expect(found.mode == "751")
            var status = stat()
            #expect(stat(results.appending("out/f").string, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o751)
            #expect(status.st_mtim.tv_sec == 1_000_000)
            #expect(collection.files.last?.link == "f")
        }
    }

    /// Nothing in a tree leads to what is not in it.
    @Test func linksLeadNowhereOutside() throws {
        try collect(
            [ArtifactPattern("/out/secret"), ArtifactPattern("/d/**")], from: ["d/f"]
        ) { tree in
            let outside = tree.removingLastComponent()
            try AtomicFile.write([1], to: outside.appending("secret"))
            #expect(symlink(outside.string, tree.appending("out").string) == 0)
            #expect(symlink(outside.string, tree.appending("d/up").string) == 0)
        } _: { collection, results in
            #expect(collection.files.map(\.path) == ["f", "up"])
            #expect(collection.files.last?.sha256 == nil)
            #expect(collection.counts == [0, 2])
        }
    }

    @Test func whatIsNoFileIsSaidAndNotWaitedFor() throws {
        try collect([ArtifactPattern("/d/*")], from: ["d/f"]) { tree in
            #expect(mkfifo(tree.appending("d/pipe").string, 0o600) == 0)
        } _: { collection, _ in
            #expect(collection.files.map(\.path) == ["f"])
            #expect(collection.skipped == ["/d/pipe (a named pipe)"])
        }
    }

    @Test func aFallbackIsForWhenThereIsNothingElse() throws {
        let all = ArtifactPattern("/d/**", isFallback: true)
        try collect([ArtifactPattern("/d/f"), all], from: ["d/f", "d/g"]) { collection, _ in
            #expect(collection.files.map(\.path) == ["f"])
        }
        try collect([ArtifactPattern("/none"), all], from: ["d/f", "d/g"]) { collection, _ in
            #expect(collection.files.map(\.path) == ["f", "g"])
        }
    }

    @Test func programsAreNotLookedForInDirectoriesThatMatch() throws {
        let program = Array(try FilePath("/proc/self/exe").readFile(limit: 1 << 30).prefix(4096))
        func found(_ pattern: String) throws -> [String] {
            var paths: [String] = []
            try collect([ArtifactPattern(pattern, onlyPrograms: true)], from: ["d/sub/text"]) { tree in
                for name in ["d/program", "d/sub/other"] {
                    try AtomicFile.write(program, to: tree.pushing(FilePath(name)))
                }
            } _: { collection, _ in
                paths = collection.files.map(\.path)
            }
            return paths
        }
        #expect(try found("/d/*") == ["program"])
        #expect(try found("/d/**") == ["program", "sub/other"])
        #expect(try found("/d") == ["program", "sub/other"])
    }

    @Test func onlyProgramsAreProgramsAndLibraries() throws {
        let program = try FilePath("/proc/self/exe").readFile(limit: 1 << 30)
        try collect(
            [ArtifactPattern("/d/**", onlyPrograms: true)], from: ["d/text"]
        ) { tree in
            try AtomicFile.write(program, to: tree.appending("d/program"))
            var object = Array(program.prefix(4096))
            object[16] = 1  // ET_REL
            try AtomicFile.write(object, to: tree.appending("d/object.o"))
        } _: { collection, _ in
            #expect(collection.files.map(\.path) == ["program"])
            #expect(collection.files.first?.architecture != nil)
        }
    }
}
