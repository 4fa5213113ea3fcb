// SPDX-License-Identifier: Apache-2.0

import Architectures
import Filesystem
import SystemPackage
import Testing

@Suite struct ELFHeadersTests {
    /// A program of one loaded segment and one that names the loader, of either class and byte order.
    private func program(_ architecture: Architecture) -> [UInt8] {
        let elf = architecture.elf
        let wide = elf.fileClass == .bits64
        func encoded(_ value: Int, _ size: Int) -> [UInt8] {
            let little = (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            return elf.byteOrder == .little ? little : little.reversed()
        }
        func word(_ value: Int) -> [UInt8] { encoded(value, wide ? 8 : 4) }
        let (header, entry) = wide ? (64, 56) : (52, 32)
        let loader = Array("/lib/ld.so\0".utf8)
        let end = header + 2 * entry
        func segment(_ kind: Int, _ flags: Int, _ offset: Int, _ size: Int) -> [UInt8] {
            let places = [offset, 0x1000 + offset, 0x1000 + offset, size, size].flatMap(word)
            return encoded(kind, 4)
                + (wide
                    ? encoded(flags, 4) + places + word(0x1000) : places + encoded(flags, 4) + word(0x1000))
        }
        return [0x7F, 0x45, 0x4C, 0x46, elf.fileClass.rawValue, elf.byteOrder.rawValue, 1]
            + [UInt8](repeating: 0, count: 9) + encoded(3, 2) + encoded(Int(elf.machine), 2) + encoded(1, 4)
            + word(0x1234) + word(header) + word(0) + encoded(0, 4) + encoded(header, 2) + encoded(entry, 2)
            + encoded(2, 2) + [UInt8](repeating: 0, count: 6) + segment(1, 5, 0, end) + segment(3, 4, end, loader.count)
            + loader
    }

    @Test(arguments: [Architecture.amd64, .armhf, .s390x]) func `both classes and byte orders are read`(
        architecture: Architecture
    ) throws {
        let bytes = program(architecture)
        let headers = try #require(ELFHeaders(parsing: bytes))
        #expect(headers.identity == architecture.elf)
        #expect(headers.entry == 0x1234 && !headers.isFixed)
        #expect(headers.loader == "/lib/ld.so")
        #expect(headers.loaderRange == bytes.count - 11..<bytes.count)
        let loaded = try #require(headers.segments.first)
        #expect(loaded.kind == ELFHeaders.Segment.loadable && loaded.isExecutable && !loaded.isWritable)
        #expect(loaded.address == 0x1000 && loaded.alignment == 0x1000)
    }

    @Test func `this very program is read`() throws {
        let bytes = try FilePath("/proc/self/exe").readFile(limit: 1 << 30)
        let headers = try #require(ELFHeaders(parsing: bytes))
        #expect(headers.loader?.hasPrefix("/lib") == true)
        // The first page is enough.
        #expect(ELFHeaders(parsing: Array(bytes.prefix(4096))) == headers)
    }

    @Test func `what is cut short is no program`() {
        let whole = program(.arm64)
        for length in 0..<whole.count {
            #expect(ELFHeaders(parsing: Array(whole.prefix(length))) == nil, "\(length) bytes")
        }
    }

    @Test func `tables and segments that no file holds are no program`() {
        let whole = program(.arm64)
        func changed(_ range: Range<Int>, _ byte: UInt8) -> ELFHeaders? {
            var bytes = whole
            bytes.replaceSubrange(range, with: [UInt8](repeating: byte, count: range.count))
            return ELFHeaders(parsing: bytes)
        }
        for byte in [0x7F, 0xFF] as [UInt8] {
            #expect(changed(32..<40, byte) == nil, "the table's place")
            #expect(changed(54..<56, byte) == nil, "the size of an entry")
            #expect(changed(56..<58, byte) == nil, "the number of entries")
            #expect(changed(80..<88, byte) == nil, "an address")
            #expect(changed(104..<112, byte) == nil, "a size in memory")
            #expect(changed(128..<136, byte) == nil, "where the loader's name is")
            #expect(changed(152..<160, byte) == nil, "how long it is")
        }
        #expect(changed(54..<56, 0) == nil, "entries of no size")
        #expect(changed(56..<58, 0) == nil, "no entries")
        #expect(changed(152..<160, 0) == nil, "a loader without a name")
    }

    @Test(arguments: [Architecture.amd64, .armhf, .s390x]) func `no byte of a header can trap`(
        architecture: Architecture
    ) {
        let whole = program(architecture)
        for place in whole.indices {
            for byte in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
                var bytes = whole
                bytes[place] = byte
                // Sums of what was accepted do not overflow.
                for segment in ELFHeaders(parsing: bytes)?.segments ?? [] {
                    #expect(segment.range.lowerBound >= 0 && segment.address + segment.sizeInMemory >= segment.address)
                }
            }
        }
    }
}
