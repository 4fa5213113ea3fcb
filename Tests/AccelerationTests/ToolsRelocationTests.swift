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
                "/lib/ld-musl-x86_64.so.1", "/usr/share/x",
            ].map { Array($0.utf8) + [0] }.joined()
            let bin = tree.appending("bin")
            try bin.makeDirectories()
            try AtomicFile.write(elf + words, to: bin.appending("program"))
            try AtomicFile.write(Array("#!/lib64/ld-linux-x86-64.so.2".utf8), to: bin.appending("script"))
            try ToolsRelocation(host: .amd64).apply(to: tree)
            let bytes = try bin.appending("program").readFile()
            #expect(bytes.count == elf.count + words.count)
            let found = bytes.dropFirst(elf.count).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            #expect(
                found == [
                    "/run/mangrove/////////ld.so", "/run/mangrove/lib/////////gconv",
                    "/run/mangrove/lib/////", "/run/mangrove//////ld.so", "/usr/share/x",
                ])
            #expect(try bin.appending("script").readFile().contains(0x36))
        }
    }

    @Test func muslIsToldWhereItsLibrariesAre() throws {
        try withScratchDirectory { tree in
            try ToolsRelocation(host: .amd64).tellMusl(in: tree, host: .amd64)
            #expect(try Directory.open(tree).names().isEmpty)
            try tree.appending("lib").makeDirectories()
            try AtomicFile.write([0], to: tree.appending("lib/ld-musl-x86_64.so.1"))
            try ToolsRelocation(host: .amd64).tellMusl(in: tree, host: .amd64)
            let list = try tree.appending("etc/ld-musl-x86_64.path").readFile()
            #expect(
                String(decoding: list, as: UTF8.self)
                    == "/run/mangrove/tools/lib\n/run/mangrove/tools/usr/lib\n")
        }
    }
}
