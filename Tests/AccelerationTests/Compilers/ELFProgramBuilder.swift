// SPDX-License-Identifier: Apache-2.0

@testable import Acceleration
import Architectures

/// Makes ELF programs that are loaded at fixed addresses: strings that nobody may write, and words.
struct ELFProgramBuilder {
    let architecture: Architecture
    private var text: [UInt8] = [0]
    private(set) var data: [UInt8] = []
    private var isExecutable = false

    private static let textOffset = 0x200
    private static let dataOffset = 0x8000
    private static let textAddress: UInt64 = 0x40_0200
    private static let dataAddress: UInt64 = 0x60_8000

    init(_ architecture: Architecture) {
        self.architecture = architecture
    }

    var isWide: Bool { architecture.elf.fileClass == .bits64 }
    private var wordSize: Int { isWide ? 8 : 4 }

    /// Adds it, and returns its address.
    mutating func string(_ string: String) -> UInt64 {
        defer { text += Array(string.utf8) + [0] }
        return Self.textAddress + UInt64(text.count)
    }

    /// Adds it, and returns its address.
    @discardableResult
    mutating func word(_ word: UInt64) -> UInt64 {
        defer { data += Self.encoded(word, wordSize) }
        return Self.dataAddress + UInt64(data.count)
    }

    /// Adds instructions, where the strings are.
    mutating func code(_ bytes: [UInt8]) {
        text += bytes
        isExecutable = true
    }

    mutating func byte(_ bytes: [UInt8]) { data += bytes }

    /// The table of a compiler proper.
    mutating func directories(_ directories: [HeaderDirectories.Directory]) {
        for directory in directories {
            word(string(directory.path))
            word(directory.component.map { string($0) } ?? 0)
            byte(directory.flags.bytes + [UInt8](repeating: 0, count: isWide ? 4 : 0))
        }
        byte([UInt8](repeating: 0, count: isWide ? 24 : 12))
    }

    var bytes: [UInt8] {
        var header: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, isWide ? 2 : 1, 1, 1] + [UInt8](repeating: 0, count: 9)
        header += Self.encoded(2, 2) + Self.encoded(UInt64(architecture.elf.machine), 2) + Self.encoded(1, 4)
        header += Self.encoded(0, wordSize) + Self.encoded(isWide ? 64 : 52, wordSize) + Self.encoded(0, wordSize)
        header += Self.encoded(0, 4) + Self.encoded(isWide ? 64 : 52, 2) + Self.encoded(isWide ? 56 : 32, 2)
        header += Self.encoded(2, 2) + [UInt8](repeating: 0, count: 6)
        header += segment(Self.textOffset, Self.textAddress, text.count, writable: false)
        header += segment(Self.dataOffset, Self.dataAddress, data.count, writable: true)
        func padded(_ bytes: [UInt8], to count: Int) -> [UInt8] {
            bytes + [UInt8](repeating: 0, count: count - bytes.count)
        }
        return padded(padded(header, to: Self.textOffset) + text, to: Self.dataOffset) + data
    }

    private func segment(_ offset: Int, _ address: UInt64, _ size: Int, writable: Bool) -> [UInt8] {
        let flags = Self.encoded(writable ? 6 : isExecutable ? 5 : 4, 4)
        let places = [UInt64(offset), address, address, UInt64(size), UInt64(size)].flatMap {
            Self.encoded($0, wordSize)
        }
        let alignment = Self.encoded(0x1000, wordSize)
        return Self.encoded(1, 4) + (isWide ? flags + places + alignment : places + flags + alignment)
    }

    private static func encoded(_ value: UInt64, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
}

/// Compilers as Debian has them, of which only that is there which is read.
enum CompilerPrograms {
    static let triplet = "aarch64-linux-gnu"
    private static let cross = "/usr/lib/gcc-cross/aarch64-linux-gnu/12"
    private static let own = "/usr/lib/gcc/aarch64-linux-gnu/12"

    private static func directory(
        _ path: String, _ component: String?, _ flags: (UInt8, UInt8, UInt8, UInt8)
    ) -> HeaderDirectories.Directory {
        HeaderDirectories.Directory(
            path: path, component: component,
            flags: HeaderDirectories.Flags(cplusplus: flags.0, isAware: flags.1, addsRoot: flags.2, variant: flags.3))
    }

    private static func ending(_ base: String, local: [(UInt8, UInt8, UInt8, UInt8)]) -> [HeaderDirectories.Directory] {
        [directory("\(base)/include", "GCC", (0, 0, 0, 0))]
            + local.map { directory("/usr/local/include", nil, $0) } + [
                directory("\(base)/include-fixed", "GCC", (0, 0, 0, 0)),
                directory("\(base)/../../../../\(triplet)/include", "BINUTILS", (0, 1, 0, 0)),
                directory("/usr/include", nil, (0, 0, 1, 2)), directory("/usr/include", nil, (0, 0, 1, 0)),
            ]
    }

    /// Of the cross compiler.
    static let crossDirectories: [HeaderDirectories.Directory] = {
        let library = "\(cross)/../../../../\(triplet)"
        return [
            directory("\(library)/include/c++/12", "G++", (1, 1, 0, 0)),
            directory("\(library)/include/c++/12/\(triplet)", "G++", (1, 1, 0, 1)),
            directory("\(library)/include/c++/12/backward", "G++", (1, 1, 0, 0)),
            directory("\(library)/libc++_include/c++/12/v1", "G++", (2, 1, 0, 0)),
        ] + ending(cross, local: [(0, 1, 1, 2)])
    }()

    /// Of the root's own.
    static let ownDirectories: [HeaderDirectories.Directory] = {
        let library = "\(own)/../../../../include"
        return [
            directory("\(library)/c++/12", "G++", (1, 1, 0, 0)),
            directory("\(library)/\(triplet)/c++/12", "G++", (1, 1, 0, 1)),
            directory("\(library)/c++/12", "G++", (1, 1, 0, 2)),
            directory("\(library)/c++/12/backward", "G++", (1, 1, 0, 0)),
            directory("\(own)/../../../../libc++_include/c++/12/v1", "G++", (2, 1, 0, 0)),
        ] + ending(own, local: [(0, 1, 1, 2), (0, 1, 1, 0)])
    }()

    static func compiler(
        _ directories: [HeaderDirectories.Directory], for architecture: Architecture, options: Int = 900
    ) -> [UInt8] {
        var builder = ELFProgramBuilder(architecture)
        builder.directories(directories)
        _ = builder.string("../src/configure " + String(repeating: "x", count: options))
        return builder.bytes
    }

    static func driver(
        for architecture: Architecture = .amd64, sharing: Bool = false, systemRoot: String = "/"
    ) -> [UInt8] {
        var builder = ELFProgramBuilder(architecture)
        _ = builder.string("12.2.0")
        let prefix = builder.string("/usr/lib/gcc-cross/")
        _ = builder.string("gcc-cross")
        // A string in code that is another one's end.
        if sharing { builder.word(prefix + 9) }
        let name = builder.string("cross_compile")
        let variable = builder.word(builder.string("1"))
        builder.word(builder.string(triplet))
        builder.word(builder.string(systemRoot))
        builder.word(name)
        builder.word(0)
        builder.word(variable)
        return builder.bytes
    }
}
