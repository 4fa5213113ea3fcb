// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import CDispatcher

/// A shared library with one function, uname(), whose answer has another machine in it than the kernel's (elf(5)).
///
/// It refers to no other library and has nothing to be relocated, so it fits every version of the GNU C library.
struct MachineLibrary {
    private static let loadable: UInt32 = 1
    private static let dynamic: UInt32 = 2
    private static let stack: UInt32 = 0x6474_E551
    private static let (executable, writable, readable): (UInt32, UInt32, UInt32) = (1, 2, 4)
    /// What segments are aligned to: the largest page there is.
    private static let alignment: UInt64 = 0x10000
    private static let headerSize = 64
    private static let entrySize = 56

    let bytes: [UInt8]

    /// nil on hosts that its code is not written for.
    init?(naming machine: String, host: Architecture = .host) {
        guard mg_machine_size() > 0, machine.utf8.count < Int(mg_machine_limit) else { return nil }
        let code = unsafe Array(UnsafeRawBufferPointer(start: mg_machine_code(), count: mg_machine_size()))
        let codeOffset = 4 * mg_machine_alignment
        var file = [UInt8](repeating: 0, count: codeOffset - MemoryLayout<mg_machine>.size)
        file += Array(machine.utf8) + [UInt8](repeating: 0, count: MemoryLayout<mg_machine>.size - machine.utf8.count)
        file += code

        let names: [UInt8] = Array("\0uname\0".utf8)
        let strings = Self.append(names, to: &file)
        // The first is of no meaning. A global function, in a section that has any number but that of none.
        var symbols = [UInt8](repeating: 0, count: 24)
        symbols += Self.words32([1]) + [0x12, 0, 1, 0]
        symbols += Self.words64([UInt64(codeOffset + mg_machine_uname()), UInt64(code.count)])
        let symbolTable = Self.append(symbols, to: &file)
        // One bucket, in which the one symbol is.
        let hashTable = Self.append(Self.words32([1, 2, 1, 0, 0]), to: &file)
        let textSize = UInt64(file.count)

        // Written to by some loaders: hence a page of its own, the same bytes of the file a second time.
        let entries: [(UInt64, UInt64)] = [
            (4, hashTable), (5, strings), (6, symbolTable), (10, UInt64(names.count)), (11, 24), (0, 0),
        ]
        let table = Self.append(Self.words64(entries.flatMap { [$0.0, $0.1] }), to: &file)
        let size = UInt64(entries.count * 16)

        let headers =
            Self.segment(Self.loadable, Self.readable | Self.executable, at: 0, address: 0, size: textSize)
            + Self.segment(
                Self.loadable, Self.readable | Self.writable, at: table, address: Self.alignment + table, size: size)
            + Self.segment(
                Self.dynamic, Self.readable | Self.writable, at: table, address: Self.alignment + table, size: size,
                alignment: 8)
            + Self.segment(
                Self.stack, Self.readable | Self.writable, at: 0, address: 0, size: 0, alignment: 16)
        let header = Self.header(host.elf, segments: headers.count / Self.entrySize)
        file.replaceSubrange(0..<header.count + headers.count, with: header + headers)
        bytes = file
    }

    private static func header(_ identity: ELFIdentity, segments: Int) -> [UInt8] {
        // ET_DYN of version 1, whose program headers follow; no sections.
        [0x7F, 0x45, 0x4C, 0x46, identity.fileClass.rawValue, identity.byteOrder.rawValue, 1]
            + [UInt8](repeating: 0, count: 9) + words16([3, identity.machine]) + words32([1])
            + words64([0, UInt64(headerSize), 0]) + words32([0])
            + words16([UInt16(headerSize), UInt16(entrySize), UInt16(segments), 0, 0, 0])
    }

    private static func segment(
        _ kind: UInt32, _ flags: UInt32, at offset: UInt64, address: UInt64, size: UInt64,
        alignment: UInt64 = alignment
    ) -> [UInt8] {
        words32([kind, flags]) + words64([offset, address, address, size, size, alignment])
    }

    /// Appends `part` where it is aligned; returns where that is.
    private static func append(_ part: [UInt8], to file: inout [UInt8]) -> UInt64 {
        while file.count % 16 != 0 { file.append(0) }
        defer { file += part }
        return UInt64(file.count)
    }

    private static func words16(_ values: [UInt16]) -> [UInt8] { bytes(values, 2) }
    private static func words32(_ values: [UInt32]) -> [UInt8] { bytes(values, 4) }
    private static func words64(_ values: [UInt64]) -> [UInt8] { bytes(values, 8) }

    /// Little-endian.
    private static func bytes<Word: FixedWidthInteger>(_ values: [Word], _ size: Int) -> [UInt8] {
        values.flatMap { value in (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }
}
