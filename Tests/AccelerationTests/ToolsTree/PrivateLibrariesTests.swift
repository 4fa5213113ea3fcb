// SPDX-License-Identifier: Apache-2.0

@testable import Acceleration
import Architectures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct PrivateLibrariesTests {
    private static let libraries: FilePath = "usr/lib/x86_64-linux-gnu"

    /// A tree with these files of a few bytes, each other than the next.
    private func with(_ paths: [String], _ body: (FilePath) throws -> Void) throws {
        try withScratchDirectory { tree in
            try tree.pushing(Self.libraries).makeDirectories()
            for path in paths {
                let place = tree.pushing(FilePath(path))
                try place.removingLastComponent().makeDirectories()
                try AtomicFile.write(Array(path.utf8), to: place)
            }
            try body(tree)
        }
    }

    private func program(searching path: String) -> [UInt8] {
        ELFLibrary.bytes([(5, ELFLibrary.strings(after: 2)), (29, 1)], strings: Array("\0\(path)\0".utf8))
    }

    private func searchPath(_ program: [UInt8]) throws -> [String] {
        try #require(ELFProgram(parsing: program)).searchPath
    }

    @Test func `libraries of a program's own get a second name among all, and it searches there`() throws {
        try with(["usr/lib/man-db/libman-2.so", "usr/lib/man-db/manconv"]) { tree in
            let found = try PrivateLibraries(in: Directory.open(tree), Self.libraries)
            let all = try Directory.open(tree.pushing(Self.libraries))
            let (first, second) = (
                try all.status(of: "libman-2.so"),
                try Directory.open(tree.appending("usr/lib/man-db")).status(of: "libman-2.so")
            )
            #expect(first != nil && first?.inode == second?.inode)
            #expect(try all.status(of: "manconv") == nil)
            #expect(try searchPath(found.withoutSearchPath(program(searching: "/usr/lib/man-db"))) == [])
        }
    }

    @Test func `a link that leads to another directory becomes a name of its file`() throws {
        try with(["usr/lib/llvm-14/lib/libclang-cpp.so.14", "\(Self.libraries)/liba.so.1"]) { tree in
            let all = try Directory.open(tree.pushing(Self.libraries))
            try all.makeSymbolicLink("libclang-cpp.so.14", to: "../llvm-14/lib/libclang-cpp.so.14")
            try all.makeSymbolicLink("liba.so", to: "liba.so.1")
            try all.makeSymbolicLink("libout.so", to: "../../../../outside.so")
            _ = try PrivateLibraries(in: Directory.open(tree), Self.libraries)
            let file = try Directory.open(tree.appending("usr/lib/llvm-14/lib")).status(of: "libclang-cpp.so.14")
            #expect(try all.status(of: "libclang-cpp.so.14")?.inode == file?.inode)
            #expect(try all.symbolicLinkTarget(of: "liba.so") == "liba.so.1")
            #expect(try all.symbolicLinkTarget(of: "libout.so") == "../../../../outside.so")
        }
    }

    @Test func `a program that searches elsewhere, too, stays as it is`() throws {
        try with(["usr/lib/man-db/libman-2.so"]) { tree in
            let found = try PrivateLibraries(in: Directory.open(tree), Self.libraries)
            for path in ["/usr/lib/other", "/usr/lib/man-db:/opt/lib"] {
                let program = program(searching: path)
                #expect(found.withoutSearchPath(program) == program)
            }
            let relocated = "/usr/lib/man-db:/run/mangrove//////////////////lib"
            #expect(try searchPath(found.withoutSearchPath(program(searching: relocated))) == [])
            #expect(found.withoutSearchPath(Array("#!/bin/sh\n".utf8)) == Array("#!/bin/sh\n".utf8))
        }
    }

    @Test func `a directory whose library has another's name is not dropped`() throws {
        try with(["usr/lib/man-db/libman-2.so", "\(Self.libraries)/libman-2.so"]) { tree in
            let found = try PrivateLibraries(in: Directory.open(tree), Self.libraries)
            let program = program(searching: "/usr/lib/man-db")
            #expect(found.withoutSearchPath(program) == program)
            let kept = try tree.pushing(Self.libraries).appending("libman-2.so").readFile()
            #expect(kept == Array("\(Self.libraries)/libman-2.so".utf8))
        }
    }

    @Test func `once more it finds the same`() throws {
        try with(["usr/lib/man-db/libman-2.so"]) { tree in
            for _ in 1...2 {
                let found = try PrivateLibraries(in: Directory.open(tree), Self.libraries)
                #expect(try searchPath(found.withoutSearchPath(program(searching: "/usr/lib/man-db"))) == [])
            }
        }
    }

    @Test func `a tree without libraries has none`() throws {
        try withScratchDirectory { tree in
            let found = try PrivateLibraries(in: Directory.open(tree), Self.libraries)
            let program = program(searching: "/usr/lib/man-db")
            #expect(found.withoutSearchPath(program) == program)
        }
    }
}
