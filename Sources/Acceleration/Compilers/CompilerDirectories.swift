// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// Where a tree has the programs of gcc that people do not call themselves, by version.
struct CompilerDirectories: Hashable {
    /// The drivers whose names are made of the triplet, one of these, and the version.
    static let drivers = ["cpp", "g++", "gcc"]
    /// Those that read headers.
    static let compilers = ["cc1", "cc1plus"]
    /// All that are executed or loaded.
    static let programs = compilers + ["lto1", "lto-wrapper", "collect2", "g++-mapper-server", "liblto_plugin.so"]

    /// "12", in the order of age.
    private(set) var versions: [String] = []
    private var directories: [String: [String]] = [:]
    private var files: Set<String> = []

    /// Of compilers for `target`; `cross`: of those that run on another architecture.
    init(_ target: Architecture, in tree: borrowing Directory, cross: Bool) {
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

    /// Where `name` of `version` is, absolute in the tree; nil where it is not.
    func path(of name: String, _ version: String) -> String? {
        paths(of: name, version).first
    }

    /// Where `name` of `version` is, by links too: Debian 13 has some of what is in one directory in the other as well.
    func paths(of name: String, _ version: String) -> [String] {
        (directories[version] ?? []).map { "\($0)/\(name)" }.filter { files.contains($0) }
    }
}
