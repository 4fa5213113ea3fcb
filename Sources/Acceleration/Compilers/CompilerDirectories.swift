// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// Where a tree has the programs of gcc and binutils, by version.
struct CompilerDirectories: Hashable {
    /// "12", in the order of age.
    private(set) var versions: [String] = []
    private var directories: [String: [String]] = [:]
    private var files: Set<String> = []
    private let triplet: String

    /// Of compilers for `target`; `cross`: of those that run on another architecture.
    init(_ target: Architecture, in tree: borrowing Directory, cross: Bool) {
        triplet = target.triplet
        for parent in ["/usr/lib", "/usr/libexec"] {
            let base = "\(parent)/gcc\(cross ? "-cross" : "")/\(target.triplet)"
            for version in Self.names(of: base, in: tree) where Int(version) != nil {
                directories[version, default: []].append("\(base)/\(version)")
                files.formUnion(Self.names(of: "\(base)/\(version)", in: tree).map { "\(base)/\(version)/\($0)" })
            }
        }
        versions = directories.keys.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
    }

    private static func names(of path: String, in tree: borrowing Directory) -> [String] {
        guard let opened = try? tree.openInRoot(path, onlyDirectory: true),
            let names = try? Directory(adopting: opened, path: tree.path.appending(path)).names()
        else { return [] }
        return names.map(\.string)
    }

    /// Where `program`, as `CompilerRules` write it, of `version` is, absolute in the tree; nil where it is known not to
    /// be there.
    func path(of program: String, _ version: String?) -> String? {
        paths(of: program, version).first
    }

    /// The same, by links too: Debian 13 has some of what is in one of gcc's directories in the other as well.
    func paths(of program: String, _ version: String?) -> [String] {
        let path = program.replacing("{triplet}", with: triplet).replacing("{version}", with: version ?? "")
        guard path.hasPrefix("{gcc}/") else { return [path] }
        return (version.flatMap { directories[$0] } ?? []).map { $0 + path.dropFirst("{gcc}".count) }
            .filter { files.contains($0) }
    }

    /// Where all of `programs` are, of all versions.
    func paths(of programs: [String]) -> [String] {
        versions.flatMap { version in programs.compactMap { path(of: $0, version) } }
    }

    /// What the program at `path` is called without the name of the machine: "gcc-12".
    func name(of path: String) -> String {
        let name = FilePath(path).lastComponent?.string ?? ""
        return name.hasPrefix("\(triplet)-") ? String(name.dropFirst(triplet.count + 1)) : name
    }
}
