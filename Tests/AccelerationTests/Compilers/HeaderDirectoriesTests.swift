// SPDX-License-Identifier: Apache-2.0

@testable import Acceleration
import Architectures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct HeaderDirectoriesTests {
    @Test(arguments: [Architecture.arm64, .armhf]) func `a compiler's table is read`(architecture: Architecture) throws
    {
        let program = try #require(
            ELFProgram(parsing: CompilerPrograms.compiler(CompilerPrograms.ownDirectories, for: architecture)))
        let directories = try #require(HeaderDirectories(in: program))
        #expect(directories.directories == CompilerPrograms.ownDirectories)
    }

    @Test func `a cross compiler made over searches where the root's own does`() throws {
        let bytes = CompilerPrograms.compiler(CompilerPrograms.crossDirectories, for: .amd64)
        let program = try #require(ELFProgram(parsing: bytes))
        let table = try #require(HeaderTable(in: program))
        let native = HeaderDirectories(table.directories).native(triplet: CompilerPrograms.triplet, version: "12")
        let changed = try #require(table.replaced(by: native.directories, in: program))
        #expect(changed.bytes.count == bytes.count)
        #expect(
            HeaderDirectories(in: changed)?.directories.map(\.path) == [
                "/usr/include/c++/12", "/usr/include/aarch64-linux-gnu/c++/12", "/usr/include/c++/12/backward",
                "/usr/lib/gcc/aarch64-linux-gnu/12/include", "/usr/local/include", "/usr/local/include",
                "/usr/lib/gcc/aarch64-linux-gnu/12/include-fixed",
                "/usr/aarch64-linux-gnu/include", "/usr/include", "/usr/include",
            ])
        try withScratchDirectory { scratch in
            let tree = try Directory.open(scratch)
            for path in ["usr/include/c++/12/backward", "usr/include/aarch64-linux-gnu/c++/12", "usr/local/include"] {
                _ = try tree.makeDirectories(FilePath(path).components.map { $0 })
            }
            _ = try tree.makeDirectories(["usr", "lib", "gcc", "aarch64-linux-gnu", "12"])
            let own = HeaderDirectories(CompilerPrograms.ownDirectories)
                .resolved(in: tree, triplet: CompilerPrograms.triplet, version: "12")
            #expect(own == HeaderDirectories(in: changed))
        }
    }

    @Test func `directories that a root does not have yet make no difference`() throws {
        try withScratchDirectory { scratch in
            let own = HeaderDirectories(CompilerPrograms.ownDirectories)
                .resolved(in: try Directory.open(scratch), triplet: CompilerPrograms.triplet, version: "12")
            #expect(
                own
                    == HeaderDirectories(CompilerPrograms.crossDirectories)
                    .native(triplet: CompilerPrograms.triplet, version: "12"))
        }
    }

    @Test func `a root whose directory is a link elsewhere is noticed`() throws {
        try withScratchDirectory { scratch in
            let tree = try Directory.open(scratch)
            _ = try tree.makeDirectories(["opt", "include"])
            try tree.makeDirectories(["usr", "local"]).makeSymbolicLink("include", to: "/opt/include")
            let own = HeaderDirectories(CompilerPrograms.ownDirectories)
                .resolved(in: tree, triplet: CompilerPrograms.triplet, version: "12")
            #expect(own.directories.contains { $0.path == "/opt/include" })
            #expect(
                own
                    != HeaderDirectories(CompilerPrograms.crossDirectories)
                    .native(triplet: CompilerPrograms.triplet, version: "12"))
        }
    }

    @Test func `a compiler without room for the names stays as it is`() throws {
        let program = try #require(
            ELFProgram(
                parsing: CompilerPrograms.compiler(CompilerPrograms.crossDirectories, for: .amd64, options: 90)))
        let table = try #require(HeaderTable(in: program))
        let native = HeaderDirectories(table.directories).native(triplet: CompilerPrograms.triplet, version: "12")
        #expect(table.replaced(by: native.directories, in: program) == nil)
    }

    @Test func `what is cut short or strange is no compiler`() throws {
        let bytes = CompilerPrograms.compiler(CompilerPrograms.crossDirectories, for: .amd64)
        for count in stride(from: 0, to: bytes.count, by: 97) {
            if let program = ELFProgram(parsing: Array(bytes.prefix(count))) {
                #expect(HeaderDirectories(in: program) == nil)
            }
        }
        var broken = bytes
        broken.replaceSubrange(32..<40, with: [UInt8](repeating: 0xFF, count: 8))
        #expect(ELFProgram(parsing: broken) == nil)
    }
}
