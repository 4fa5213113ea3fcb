// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage

/// One of gcc's drivers (gcc, g++, cpp): the program that starts compilers, assemblers and linkers.
///
/// A cross compiler's driver is made over to do all that the root's own does: to look in the root's directories, to say
/// nothing of a system root, to heed the variables that only native compilers heed. It starts the root's own programs;
/// the dispatcher then has the host's stand in for each.
struct CompilerDriver {
    private static let directories = ["/usr/lib/gcc-cross/", "/usr/libexec/gcc-cross/"]
    private static let directory = "gcc-cross"
    private let program: ELFProgram
    private let triplet: String
    /// Where the program keeps the pointer to whether it is a cross compiler: "0" or "1". The next two pointers are to
    /// the machine's name and to the system root.
    private let crossCompile: Int

    /// nil where `bytes` are no driver of gcc's for `triplet`, or not as this knows them.
    init?(parsing bytes: [UInt8], triplet: String) {
        guard let program = ELFProgram(parsing: bytes), program.isFixed, program.wordSize == 8 else { return nil }
        self.program = program
        self.triplet = triplet
        var places: Set<Int> = []
        for name in program.strings("cross_compile") {
            guard let address = program.address(ofOffset: name) else { continue }
            // A spec's name, its value, and where a built-in one's value is kept.
            for spec in program.words(address) {
                guard let variable = program.word(at: spec + 16), program.isWritable(at: variable),
                    let place = program.offset(ofAddress: variable)
                else { continue }
                places.insert(place)
            }
        }
        guard places.count == 1, let place = places.first,
            program.word(at: place + 8).flatMap({ program.string(at: $0) }) == triplet
        else { return nil }
        crossCompile = place
    }

    private var value: String? { program.word(at: crossCompile).flatMap { program.string(at: $0) } }
    private var systemRoot: UInt64? { program.word(at: crossCompile + 16) }

    /// Whether a driver tells compilers of libraries that are linked, being made for offloading.
    static func tellsOffloading(_ bytes: [UInt8]) -> Bool { Bytes.contain(bytes, Array("l_GCC_".utf8)) }

    /// Whether it does all as the root's own.
    var isMadeOver: Bool {
        value == "0" && systemRoot == 0
            && (Self.directories + [Self.directory]).allSatisfy { program.strings($0).isEmpty }
    }

    /// The driver made over; nil where it is not such that this is certain to work.
    var madeOver: [UInt8]? {
        guard value == "1",
            systemRoot.flatMap({ program.string(at: $0) }) == "/",
            let zero = program.offsets(of: [0x30, 0]).lazy.compactMap({ program.address(ofOffset: $0) })
                .first(where: { !program.isWritable(at: $0) })
        else { return nil }
        var result = program
        result.set(zero, at: crossCompile)
        result.set(UInt64(0), at: crossCompile + 16)
        // What stands behind the end of a shorter string keeps its place.
        guard program.strings(Self.directories[0]).count == 1, program.strings(Self.directory).count == 1 else {
            return nil
        }
        for text in Self.directories + [Self.directory] {
            for string in program.strings(text) {
                guard !program.sharesEnd(ofStringAt: string, count: text.utf8.count) else { return nil }
                let new = text.replacing("-cross", with: "")
                result.set(Array(new.utf8) + [0], at: string)
            }
        }
        return result.bytes
    }
}
