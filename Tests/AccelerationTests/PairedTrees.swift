// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Emulation
import Filesystem
import Fixtures
import SystemPackage

/// A root of a foreign architecture and a tools tree of the host's, with packages of dpkg's.
struct PairedTrees {
    let root: FilePath
    let tools: FilePath
    let architecture: Architecture

    static func with(_ architecture: Architecture = .arm64, _ body: (PairedTrees) throws -> Void) throws {
        try withScratchDirectory { scratch in
            let trees = PairedTrees(
                root: scratch.appending("root"), tools: scratch.appending("tools"), architecture: architecture)
            for tree in [trees.root, trees.tools] {
                for path in ["usr/bin", "usr/lib/\(Architecture.host.triplet)", "var/lib/dpkg/info"] {
                    try tree.appending(path).makeDirectories()
                }
                try Directory.open(tree).makeSymbolicLink("bin", to: "usr/bin")
                try AtomicFile.write([], to: tree.appending("var/lib/dpkg/status"))
            }
            for path in ["lib64", "usr/lib/locale"] { try trees.tools.appending(path).makeDirectories() }
            try AtomicFile.write([0], to: trees.tools.appending(String(Architecture.host.loader.dropFirst())))
            try body(trees)
        }
    }

    enum Content {
        case program
        case text(String)
        /// A program with these words in it.
        case programSaying(String)
        /// A program that names this as its loader.
        case programLoadedBy(String)
    }

    /// Installs a package; paths are those of its list.
    func install(_ name: String, _ version: String, in tree: FilePath, _ files: [String: Content]) throws {
        let isRoot = tree == root
        let target = isRoot ? architecture : .host
        let status = tree.appending("var/lib/dpkg/status")
        let paragraph = """
            Package: \(name)
            Status: install ok installed
            Architecture: \(target)
            Version: \(version)
            Description: of no use
             Package: no


            """
        try AtomicFile.write(try status.readFile() + Array(paragraph.utf8), to: status)
        let list = files.keys.sorted().map { $0 + "\n" }.joined()
        try AtomicFile.write(Array(list.utf8), to: tree.appending("var/lib/dpkg/info/\(name).list"))
        for (path, content) in files {
            let place = tree.pushing(FilePath(String(path.dropFirst())))
            try place.removingLastComponent().makeDirectories()
            let program = target.probeProgram
            let bytes: [UInt8] =
                switch content {
                case .program: program
                case .text(let text): Array(text.utf8)
                case .programLoadedBy(let loader): Self.program(target, loadedBy: loader)
                case .programSaying(let words): program + [0] + Array(words.utf8) + [0]
                }
            try AtomicFile.write(bytes, to: place, permissions: FilePermissions(rawValue: 0o755))
        }
    }

    /// One of a 64-bit architecture, with the path of its loader in a segment of its own.
    static func program(_ architecture: Architecture, loadedBy loader: String) -> [UInt8] {
        var bytes = Array(architecture.probeProgram.prefix(120))
        bytes[56] = 2
        func word(_ value: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let (offset, size) = (bytes.count + 56 + 1, loader.utf8.count + 1)
        bytes += [3, 0, 0, 0, 4, 0, 0, 0] + [offset, offset, offset, size, size, 1].flatMap(word)
        // Linkers put other things than zero bytes before it, too.
        return bytes + [1] + Array(loader.utf8) + [0]
    }

    /// The same package in both, with the same programs.
    func installBoth(_ name: String, _ version: String = "1.0-1", _ paths: String...) throws {
        for tree in [root, tools] {
            try install(name, version, in: tree, Dictionary(uniqueKeysWithValues: paths.map { ($0, .program) }))
        }
    }

    /// Makes the tools tree one; nothing is proved of its programs.
    func seal() throws -> ToolsRecord { try ToolsSeal(tools, for: architecture).apply() }

    /// What a loader has in it of paths.
    static func loader(_ list: String = "/etc/ld.so.preload") -> [UInt8] {
        [0x7F, 0x45, 0x4C, 0x46] + [UInt8](repeating: 0, count: 80) + Array("loader\0\(list)\0end".utf8)
    }

    func plan(_ change: (inout AccelerationRequest) -> Void = { _ in }) throws -> AccelerationPlan {
        var request = AccelerationRequest(root: root, tools: tools, architecture: architecture)
        change(&request)
        return try AccelerationPlan.make(request, .builtIn())
    }
}

extension AccelerationPlan {
    /// Why `program`, or the package as a whole, is emulated.
    func reason(_ package: String, _ program: String? = nil) -> String? {
        fallbacks.first { $0.package == package && $0.program == program }?.reason
    }
}
