// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct ToolsRelocationTests {
    @Test func pathsInProgramsAreReplacedByOnesOfTheSameLength() throws {
        try withScratchDirectory { tree in
            let elf: [UInt8] = [0x7F, 0x45, 0x4C, 0x46] + [UInt8](repeating: 1, count: 80)
            let words = [
                "/lib64/ld-linux-x86-64.so.2", "/usr/lib/x86_64-linux-gnu/gconv", "/lib/x86_64-linux-gnu/",
                "/lib/ld-musl-x86_64.so.1", "/usr/share/x", "/usr/local/lib/x86_64-linux-gnu/perl",
                "a:/lib/x86_64-linux-gnu",
                "/etc/ld.so.preload",
            ].map { Array($0.utf8) + [0] }.joined()
            let bin = tree.appending("bin")
            try bin.makeDirectories()
            try AtomicFile.write(elf + words, to: bin.appending("program"))
            try AtomicFile.write(Array("#!/lib64/ld-linux-x86-64.so.2".utf8), to: bin.appending("script"))
            try ToolsRelocation(host: .amd64, root: .arm64).apply(to: tree)
            let bytes = try bin.appending("program").readFile()
            #expect(bytes.count == elf.count + words.count)
            let found = bytes.dropFirst(elf.count).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            #expect(
                found == [
                    "/run/mangrove/////////ld.so", "/run/mangrove/lib/////////gconv",
                    "/run/mangrove/lib/////", "/run/mangrove//////ld.so", "/usr/share/x",
                    // A part of a longer path is another path.
                    "/usr/local/lib/x86_64-linux-gnu/perl", "a:/run/mangrove/lib////", "/run/mangrove/none",
                ])
            #expect(try bin.appending("script").readFile().contains(0x36))
        }
    }

    @Test func theLoadersListOfLibrariesIsReplacedByThatOfTheTree() throws {
        try withScratchDirectory { tree in
            let elf: [UInt8] = [0x7F, 0x45, 0x4C, 0x46] + [UInt8](repeating: 1, count: 80)
            let libraries = tree.appending("usr/lib")
            try libraries.makeDirectories()
            try AtomicFile.write(elf + Array("/etc/ld.so.cache".utf8), to: libraries.appending("loader"))
            let list = "glibc-ld.so.cache1.1\0/lib/x86_64-linux-gnu/libc.so.6\0/opt/x/lib.so\0"
            try AtomicFile.write(Array(list.utf8), to: libraries.appending("ld.so.cache"))
            try ToolsRelocation(host: .amd64, root: .arm64).apply(to: tree)
            let loader = try libraries.appending("loader").readFile().dropFirst(elf.count)
            #expect(String(decoding: loader, as: UTF8.self) == "/run/mangrove/lc")
            let changed = try libraries.appending("ld.so.cache").readFile()
            #expect(
                String(decoding: changed, as: UTF8.self)
                    == "glibc-ld.so.cache1.1\0/run/mangrove/lib/////libc.so.6\0/opt/x/lib.so\0")
        }
    }

    @Test func theListOfMuslsLoaderNamesTheToolsTree() throws {
        try withScratchDirectory { tree in
            try ToolsRelocation(host: .amd64, root: .arm64).writeMuslList(in: tree, host: .amd64)
            #expect(try Directory.open(tree).names().isEmpty)
            try tree.appending("lib").makeDirectories()
            try AtomicFile.write([0], to: tree.appending("lib/ld-musl-x86_64.so.1"))
            try ToolsRelocation(host: .amd64, root: .arm64).writeMuslList(in: tree, host: .amd64)
            let list = try tree.appending("etc/ld-musl-x86_64.path").readFile()
            #expect(
                String(decoding: list, as: UTF8.self)
                    == "/run/mangrove/tools/lib\n/run/mangrove/tools/usr/lib\n")
        }
    }
}
