// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Makes a tools tree's cross compilers and cross binutils work on a root as the root's own do: with the root's
/// directories of headers, libraries and programs, so that what they write down of paths is the same, too.
///
/// It is done once, when the tree is made. What is not as this knows it stays as it is, and will not be used.
package struct CompilerRelocation: Sendable {
    /// What it does, in words; others where it does something else.
    static let edition = "drivers, directories of headers, directories of plugins: 4"

    private let target: Architecture
    private let host: Architecture

    /// For compilers for `target` that run on `host`.
    package init(target: Architecture, host: Architecture = .host) {
        (self.target, self.host) = (target, host)
    }

    /// Does it in the tree at `path`, with the programs that `rules` say are drivers and compilers proper. Returns what is
    /// known of them from then on.
    func apply(to path: FilePath, _ rules: CompilerRules) throws(AccelerationError) -> ToolsRecord.Compilers {
        try AccelerationError.wrapping { () throws(FilesystemError) in
            let tree = try Directory.open(path)
            let compilers = CompilerDirectories(target, in: tree, cross: true)
            for path in compilers.paths(of: rules.programs(.driver)) {
                try change(path, in: tree) { bytes in
                    CompilerDriver(parsing: bytes, triplet: target.triplet)?.madeOver
                }
            }
            for version in compilers.versions {
                for program in rules.programs(.compiler) {
                    guard let path = compilers.path(of: program, version) else { continue }
                    try change(path, in: tree) { bytes in
                        guard let program = ELFProgram(parsing: bytes), let table = HeaderTable(in: program) else {
                            return nil
                        }
                        // One that was built from source looks where the root's own does.
                        guard HeaderDirectories(table.directories).areCross else { return nil }
                        let native = HeaderDirectories(table.directories)
                            .native(triplet: target.triplet, version: version)
                        guard native.directories != table.directories else { return nil }
                        return table.replaced(by: native.directories, in: program)?.bytes
                    }
                }
            }
            try relocateLibraries(in: tree)
            try linkPlugins(in: tree, compilers, rules.plugins)
            return self.compilers(in: tree, rules)
        }
    }

    /// What the library of binutils for the target is called, besides its version.
    private var library: String { "-\(target).so" }

    /// Its directories of plugins, and the tools tree's own, filled up with slashes.
    private var pluginDirectories: [(old: [UInt8], new: [UInt8])] {
        ["/usr/bin/../lib/bfd-plugins", "/usr/lib/\(target.triplet)/bfd-plugins"].compactMap { old in
            let (head, tail) = (ToolsRelocation.directory.string, "tools/plugins")
            let fill = old.utf8.count - head.utf8.count - tail.utf8.count
            guard fill > 0 else { return nil }
            return (Array(old.utf8), Array((head + String(repeating: "/", count: fill) + tail).utf8))
        }
    }

    private func libraries(in tree: borrowing Directory) throws(FilesystemError) -> [String] {
        let directory = "/usr/lib/\(host.triplet)"
        guard let opened = try? tree.openInRoot(directory, onlyDirectory: true) else { return [] }
        let names = try Directory(adopting: opened, path: tree.path.appending(directory)).names().map(\.string)
        return names.filter { $0.hasPrefix("libbfd-") && $0.hasSuffix(library) }.map { "\(directory)/\($0)" }
    }

    private func relocateLibraries(in tree: borrowing Directory) throws(FilesystemError) {
        for path in try libraries(in: tree) {
            try change(path, in: tree) { bytes in
                var changed = bytes
                for (old, new) in pluginDirectories { Bytes.replace(old, by: new, in: &changed) }
                return changed == bytes ? nil : changed
            }
        }
    }

    private func linkPlugins(
        in tree: borrowing Directory, _ compilers: CompilerDirectories, _ rules: CompilerRules.Plugins
    ) throws(FilesystemError) {
        let plugins = try tree.makeDirectories(["plugins"])
        var targets = ["libdep.so": "/usr/lib/\(target.triplet)/bfd-plugins/libdep.so"]
        // The newest compiler's reads what older ones wrote, too.
        if let version = compilers.versions.last {
            targets["liblto_plugin.so"] = compilers.path(of: rules.file, version)
        }
        for plugin in (rules.packages ?? [:]).keys {
            targets.merge(others(plugin, rules, in: tree)) { $1 }
        }
        for (name, target) in targets.sorted(by: { $0.key < $1.key }) {
            guard let name = FilePath.Component(name), (try? tree.openInRoot(target)) != nil else { continue }
            if try plugins.status(of: name) != nil { try plugins.unlink(name) }
            try plugins.makeSymbolicLink(name, to: "..\(target)")
        }
    }

    /// Of the tree's plugins those that are called like `plugin`, and their files.
    private func others(
        _ plugin: String, _ rules: CompilerRules.Plugins, in tree: borrowing Directory
    ) -> [String: String] {
        var found: [String: String] = [:]
        for directory in rules.directories.map({ $0.replacing("{triplet}", with: host.triplet) }) {
            guard let opened = try? tree.openInRoot(directory, onlyDirectory: true),
                let names = try? Directory(adopting: opened, path: tree.path).names()
            else { continue }
            for name in names.map(\.string) where Eligibility.Packages.version(of: name, in: plugin) != nil {
                found[name] = (try? tree.realPathInRoot(of: "\(directory)/\(name)"))?.string
            }
        }
        return found
    }

    /// What there is to be known of the compilers in `tree` after that.
    func compilers(in tree: borrowing Directory, _ rules: CompilerRules) -> ToolsRecord.Compilers {
        let compilers = CompilerDirectories(target, in: tree, cross: true)
        func bytes(_ path: String) -> [UInt8]? { try? tree.openInRoot(path).readToEnd(of: tree.path.appending(path)) }
        var found = ToolsRecord.Compilers()
        for path in compilers.paths(of: rules.programs(.driver)) {
            guard let bytes = bytes(path), CompilerDriver(parsing: bytes, triplet: target.triplet)?.isMadeOver == true
            else { continue }
            found.drivers[path] = CompilerDriver.tellsOffloading(bytes)
        }
        for version in compilers.versions {
            for path in rules.programs(.compiler).compactMap({ compilers.path(of: $0, version) }) {
                found.headers[path] = bytes(path).flatMap(ELFProgram.init(parsing:)).flatMap(
                    HeaderDirectories.init(in:))?
                    .normalized(triplet: target.triplet, version: version)
            }
        }
        found.findsPlugins = isDone(in: tree)
        return found
    }

    /// Whether native binutils find their own plugins.
    private func isDone(in tree: borrowing Directory) -> Bool {
        let libraries = (try? self.libraries(in: tree)) ?? []
        return !libraries.isEmpty
            && libraries.allSatisfy { path in
                guard let bytes = try? tree.openInRoot(path).readToEnd(of: tree.path.appending(path)) else {
                    return false
                }
                return pluginDirectories.allSatisfy { old, new in
                    !Bytes.contain(bytes, old) && Bytes.contain(bytes, new)
                }
            }
    }

    private func change(
        _ path: String, in tree: borrowing Directory, _ body: ([UInt8]) -> [UInt8]?
    ) throws(FilesystemError) {
        guard let file = try? tree.openInRoot(path),
            case let whole = tree.path.appending(path), try file.status(of: whole).kind == .regular,
            let changed = body(try file.readToEnd(of: whole))
        else { return }
        try tree.overwrite(path, with: changed)
    }
}
