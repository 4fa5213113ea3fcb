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
    private static let plugin = "liblto_plugin.so"

    private let program: FixedProgram
    private let triplet: String
    /// Where the program keeps the pointer to whether it is a cross compiler: "0" or "1". The next two pointers are to
    /// the machine's name and to the system root.
    private let crossCompile: Int

    /// nil where `bytes` are no driver of gcc's for `triplet`, or not as this knows them.
    init?(parsing bytes: [UInt8], triplet: String) {
        guard let program = FixedProgram(parsing: bytes), program.wordSize == 8 else { return nil }
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

    /// The path of the linker's plugin for version `version` of gcc in a run: as long as the plain name, which a driver
    /// looks up in its directories.
    static func plugin(_ version: String) -> String? {
        let directory = ToolsRelocation.directory.string
        let fill = plugin.utf8.count - directory.utf8.count - version.utf8.count
        return fill > 0 ? directory + String(repeating: "/", count: fill) + version : nil
    }

    private var value: String? { program.word(at: crossCompile).flatMap { program.string(at: $0) } }
    private var systemRoot: UInt64? { program.word(at: crossCompile + 16) }

    /// Whether it does all as the root's own.
    func isMadeOver(version: String) -> Bool {
        guard let plugin = Self.plugin(version), value == "0", systemRoot == 0 else { return false }
        return program.strings(plugin).count == 1
            && (Self.directories + [Self.directory, Self.plugin]).allSatisfy { program.strings($0).isEmpty }
    }

    /// The driver made over; nil where it is not such that this is certain to work.
    func madeOver(version: String) -> [UInt8]? {
        guard let plugin = Self.plugin(version), value == "1",
            systemRoot.flatMap({ program.string(at: $0) }) == "/",
            let zero = program.offsets(of: [0x30, 0]).lazy.compactMap({ program.address(ofOffset: $0) })
                .first(where: { !program.isWritable(at: $0) })
        else { return nil }
        var result = program
        result.set(zero, at: crossCompile)
        result.set(UInt64(0), at: crossCompile + 16)
        // What stands behind the end of a shorter string keeps its place.
        guard program.strings(Self.directories[0]).count == 1, program.strings(Self.directory).count == 1,
            program.strings(Self.plugin).count == 1
        else { return nil }
        for text in Self.directories + [Self.directory] {
            for string in program.strings(text) {
                guard !program.sharesEnd(ofStringAt: string, count: text.utf8.count) else { return nil }
                let new = text.replacing("-cross", with: "")
                result.set(Array(new.utf8) + [0], at: string)
            }
        }
        for string in program.strings(Self.plugin) {
            guard !program.sharesEnd(ofStringAt: string, count: Self.plugin.utf8.count) else { return nil }
            result.set(Array(plugin.utf8), at: string)
        }
        return result.bytes
    }
}
