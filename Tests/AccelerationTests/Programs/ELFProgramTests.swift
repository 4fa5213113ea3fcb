// SPDX-License-Identifier: Apache-2.0

@testable import Acceleration
import Architectures
import Testing

@Suite struct ELFProgramTests {
    /// Reads all that there is to be read.
    private func readAll(_ bytes: [UInt8]) {
        guard var program = ELFProgram(parsing: bytes) else { return }
        _ = (program.neededLibraries, program.searchPath, program.importedSymbols)
        _ = (program.loads(of: 0x40_0300), program.relocations(to: 0x40_0300), program.room(for: 40))
        _ = (HeaderDirectories(in: program), CompilerDriver(parsing: bytes, triplet: "aarch64-linux-gnu")?.madeOver)
        _ = (DriverIdentity(in: bytes), ProgramHeaders(parsing: bytes))
        _ = (program.replaceString("gcc-cross", by: "longer than gcc-cross"), program.offset(ofAddress: .max))
        program.dropSearchPath()
    }

    @Test func `needed libraries and the search path are read`() throws {
        let strings = Array("\0libc.so.6\0/usr/lib/man-db:/opt\0".utf8)
        let place = ELFLibrary.strings(after: 3)
        let bytes = ELFLibrary.bytes([(5, place), (1, 1), (29, 11)], strings: strings)
        var program = try #require(ELFProgram(parsing: bytes))
        #expect(program.neededLibraries == ["libc.so.6"])
        #expect(program.searchPath == ["/usr/lib/man-db", "/opt"])
        program.dropSearchPath()
        #expect(program.searchPath == [] && program.neededLibraries == ["libc.so.6"])
        #expect(program.bytes.count == bytes.count)
    }

    @Test(arguments: [0, 1, 0x7F, 1 << 31, 1 << 62, UInt64.max >> 1, .max])
    func `tables beyond the file are not read`(value: UInt64) throws {
        // The tables of strings, symbols, relocations, their sizes, and a hash table.
        for tags in [[4, 5, 6], [5, 6], [6, 5, 7, 8], [1, 5, 29]] as [[UInt64]] {
            for odd in tags {
                let bytes = ELFLibrary.bytes(tags.map { ($0, $0 == odd ? value : 0xB0) })
                let program = try #require(ELFProgram(parsing: bytes))
                #expect((program.importedSymbols ?? []).count < bytes.count)
                #expect(program.relocations(to: 1).allSatisfy { $0 < bytes.count })
                readAll(bytes)
            }
        }
    }

    @Test func `no damage traps`() {
        let programs = [
            CompilerPrograms.driver(), CompilerPrograms.compiler(CompilerPrograms.crossDirectories, for: .amd64),
            CompilerPrograms.compiler(CompilerPrograms.crossDirectories, for: .i386),
        ]
        for whole in programs {
            // The header and the table of segments, byte by byte; then all of it, cut short.
            for place in 0..<180 {
                for byte in [0, 0x7F, 0xFF] as [UInt8] {
                    var bytes = whole
                    bytes[place] = byte
                    readAll(bytes)
                }
            }
            for count in stride(from: whole.count - 40, to: whole.count, by: 1) {
                var bytes = Array(whole.prefix(count))
                // Segments as long as the file is.
                let wide = bytes[4] == 2
                let size = wide ? 64 + 56 + 32 : 52 + 32 + 16
                let length = UInt64(max(0, count - 0x8000))
                bytes.replaceSubrange(size..<size + (wide ? 8 : 4), with: ELFLibrary.word(length).prefix(wide ? 8 : 4))
                readAll(bytes)
            }
        }
    }
}
