// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import SystemPackage

/// The directories that one of gcc's compilers proper (cc1, cc1plus) looks for headers in: a table in its program
/// (cpp_include_defaults).
struct HeaderDirectories: Codable, Equatable, Sendable {
    struct Directory: Codable, Hashable, Sendable {
        var path: String
        /// What it belongs to, in gcc's words: "GCC", "G++".
        let component: String?
        var flags: Flags
    }

    /// As they stand in the table.
    struct Flags: Codable, Hashable, Sendable {
        /// 0: for all languages, 1: for C++, 2: for C++ with another library than gcc's.
        var cplusplus: UInt8
        /// Its headers know of C++.
        var isAware: UInt8
        /// It is below the directory that -isysroot names.
        var addsRoot: UInt8
        /// 0: itself; 1: of several variants of libraries, the one in use; 2: its subdirectory named after the machine.
        var variant: UInt8

        static let zero = Flags(cplusplus: 0, isAware: 0, addsRoot: 0, variant: 0)
        var bytes: [UInt8] { [cplusplus, isAware, addsRoot, variant] }
    }

    var directories: [Directory]

    private static let local = "/usr/local/include"

    /// nil where there is no table like that in the program, or more than one.
    init?(in program: ELFProgram) {
        guard let table = HeaderTable(in: program) else { return nil }
        directories = table.directories
    }

    init(_ directories: [Directory]) {
        self.directories = directories
    }

    /// Where Debian's own compiler for `triplet` searches, given that these are its cross compiler's: headers of C++
    /// are where the root's packages have them, and /usr/local/include counts.
    func native(triplet: String, version: String) -> HeaderDirectories {
        let cross = "/usr/lib/gcc-cross/\(triplet)/\(version)"
        let library = "\(cross)/../../../../\(triplet)/include/c++/\(version)"
        var result: [Directory] = []
        for directory in directories where directory.flags.cplusplus != 2 {
            var directory = directory
            if directory.path == "\(library)/\(triplet)" {
                directory.path = "/usr/include/\(triplet)/c++/\(version)"
            } else if directory.path.hasPrefix(library) {
                directory.path = "/usr/include/c++/\(version)" + directory.path.dropFirst(library.count)
            } else if directory.path.hasPrefix("/usr/lib/gcc-cross/") {
                let path = "/usr/lib/gcc/" + directory.path.dropFirst("/usr/lib/gcc-cross/".count)
                directory.path = FilePath(path).lexicallyNormalized().string
            }
            result.append(directory)
            guard directory.path == Self.local, directory.flags.variant == 2,
                !directories.contains(where: { $0.path == Self.local && $0.flags.variant == 0 })
            else { continue }
            directory.flags.variant = 0
            result.append(directory)
        }
        return HeaderDirectories(result)
    }

    /// Whether they are a cross compiler's of Debian's.
    var areCross: Bool { directories.contains { $0.path.hasPrefix("/usr/lib/gcc-cross/") } }

    /// These, as Debian's gcc takes them at run time: by their names without links, the machine's own of C++ where its
    /// packages have it, none twice.
    func resolved(in tree: borrowing Filesystem.Directory, triplet: String, version: String) -> HeaderDirectories {
        resolved(triplet: triplet, version: version) { path in (try? tree.realPathInRoot(of: path))?.string }
    }

    /// The same in a tree without links.
    func normalized(triplet: String, version: String) -> HeaderDirectories {
        resolved(triplet: triplet, version: version) { _ in nil }
    }

    private func resolved(
        triplet: String, version: String, _ realPath: (String) -> String?
    ) -> HeaderDirectories {
        var result: [Directory] = []
        for directory in directories where directory.flags.cplusplus != 2 {
            var directory = directory
            if directory.flags.cplusplus == 1, directory.flags.variant == 2 {
                directory.path = directory.path.replacing(
                    "/include/c++/\(version)", with: "/include/\(triplet)/c++/\(version)")
                directory.flags.variant = 0
            }
            directory.path = realPath(directory.path) ?? FilePath(directory.path).lexicallyNormalized().string
            if directory.flags.cplusplus == 1, result.contains(where: { $0.path == directory.path }) { continue }
            result.append(directory)
        }
        return HeaderDirectories(result)
    }
}

/// The table as it stands in a program.
struct HeaderTable {
    let offset: Int
    private let entrySize: Int
    private(set) var directories: [HeaderDirectories.Directory] = []
    private var components: [String: UInt64] = [:]

    init?(in program: ELFProgram) {
        guard program.isFixed else { return nil }
        let word = program.wordSize
        entrySize = word == 8 ? 24 : 12
        var starts: Set<Int> = []
        for string in program.strings("/usr/local/include") {
            guard let address = program.address(ofOffset: string) else { continue }
            for reference in program.words(address) {
                var start = reference
                while Self.path(in: program, at: start - entrySize) != nil { start -= entrySize }
                starts.insert(start)
            }
        }
        guard starts.count == 1, let start = starts.first else { return nil }
        offset = start
        var entry = start
        while let path = Self.path(in: program, at: entry) {
            let component = program.word(at: entry + word).flatMap { $0 == 0 ? nil : $0 }
            let name = component.flatMap { program.string(at: $0) }
            if let name, let component { components[name] = component }
            let flags = Array(program.bytes.dropFirst(entry + 2 * word).prefix(4))
            guard flags.count == 4, flags.allSatisfy({ $0 <= 2 }) else { return nil }
            directories.append(
                HeaderDirectories.Directory(
                    path: path, component: name,
                    flags: HeaderDirectories.Flags(
                        cplusplus: flags[0], isAware: flags[1], addsRoot: flags[2], variant: flags[3])))
            entry += entrySize
        }
        guard directories.count >= 5, program.word(at: entry) == 0, directories.last?.path == "/usr/include" else {
            return nil
        }
    }

    private static func path(in program: ELFProgram, at offset: Int) -> String? {
        guard let address = program.word(at: offset), address != 0, let path = program.string(at: address),
            path.hasPrefix("/")
        else { return nil }
        return path
    }

    /// Puts `new` in the table's place. What it needs of strings is written where the program has its configure
    /// options, which it only tells plugins. nil where there is no room.
    func replaced(by new: [HeaderDirectories.Directory], in program: ELFProgram) -> ELFProgram? {
        let options = program.offsets(of: Array("../src/configure ".utf8))
        guard new.count <= directories.count, options.count == 1, let options = options.first,
            let length = program.bytes[options...].firstIndex(of: 0).map({ $0 - options })
        else { return nil }
        var program = program
        var free = options + "../src/configure".utf8.count
        var addresses: [String: UInt64] = [:]
        program.set([UInt8](repeating: 0, count: options + length - free), at: free)
        free += 1
        for path in Set(new.map(\.path)).sorted() {
            guard free + path.utf8.count < options + length, let address = program.address(ofOffset: free) else {
                return nil
            }
            program.set(Array(path.utf8), at: free)
            addresses[path] = address
            free += path.utf8.count + 1
        }
        var entry = offset
        for directory in new {
            guard let path = addresses[directory.path] else { return nil }
            let component = directory.component.map { components[$0] } ?? 0
            guard let component else { return nil }
            program.set(path, at: entry)
            program.set(component, at: entry + program.wordSize)
            program.set(directory.flags.bytes, at: entry + 2 * program.wordSize)
            entry += entrySize
        }
        program.set([UInt8](repeating: 0, count: (directories.count - new.count) * entrySize), at: entry)
        return program
    }
}
