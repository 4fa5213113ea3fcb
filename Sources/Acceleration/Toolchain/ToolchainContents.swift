// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// What the programs of a toolchain are and need. Paths are relative to its directory.
struct ToolchainContents: ~Copyable {
    private let tree: Directory
    private let host: Architecture

    init(_ tree: consuming Directory, host: Architecture) {
        self.tree = tree
        self.host = host
    }

    private func bytes(_ path: String) -> [UInt8]? {
        try? tree.openInRoot(path).readToEnd(of: tree.path.appending(path))
    }

    /// nil where it is no program, or a script.
    func identity(of path: String) -> ELFIdentity? {
        let beginning = try? tree.openInRoot(path).read(upTo: 64, of: tree.path.appending(path))
        return beginning.flatMap { ELFIdentity(parsing: $0) }
    }

    func loader(of path: String) -> String? { bytes(path).flatMap { ELFHeaders(parsing: $0) }?.loader }

    /// The programs that gcc starts, below what has `place` in it (GCC's manual, "Installing GCC: Configuration",
    /// `--libexecdir`); Debian's cross compilers have them in gcc-cross.
    func compilers(beside place: String) -> [String] {
        let base = place.hasPrefix("usr/") ? "usr/" : ""
        var found: [String] = []
        for directory in ["libexec/gcc", "lib/gcc", "lib/gcc-cross"].map({ base + $0 }) {
            for target in names(in: directory) {
                for version in names(in: "\(directory)/\(target)") {
                    let all = ["cc1", "cc1plus", "collect2"].map { "\(directory)/\(target)/\(version)/\($0)" }
                    found += all.filter { identity(of: $0) == host.elf }
                }
            }
        }
        return found
    }

    private func names(in directory: String) -> [String] {
        guard let opened = try? tree.openInRoot(directory, onlyDirectory: true) else { return [] }
        let names = try? Directory(adopting: opened, path: tree.path.appending(directory)).names()
        return (names ?? []).map(\.string).sorted()
    }

    /// Libraries that are not in the toolchain, each with the program that needs it.
    func missingLibraries(of programs: [String]) -> [String: String] {
        var missing: [String: String] = [:]
        var (waiting, seen) = (programs.map { (path: $0, program: $0) }, Set(programs))
        while let (path, program) = waiting.popLast() {
            guard let bytes = bytes(path), let file = ELFProgram(parsing: bytes) else { continue }
            for name in file.neededLibraries where FilePath(host.loader).lastComponent?.string != name {
                if let own = library(name, of: path, searching: file.searchPath) {
                    if seen.insert(own).inserted { waiting.append((own, program)) }
                } else {
                    missing[name] = missing[name] ?? program
                }
            }
        }
        return missing
    }

    /// Where the loader finds it in the toolchain, by `$ORIGIN` (ld.so(8)).
    private func library(_ name: String, of path: String, searching directories: [String]) -> String? {
        guard let real = try? tree.realPathInRoot(of: path).removingLastComponent() else { return nil }
        for directory in directories {
            for origin in ["$ORIGIN", "${ORIGIN}"] where directory.hasPrefix(origin) {
                let place = real.appending(String(directory.dropFirst(origin.count))).appending(name)
                let found = place.lexicallyNormalized().string
                if identity(of: found) == host.elf { return found }
            }
        }
        return nil
    }
}
