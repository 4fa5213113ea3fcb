// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// Libraries that programs have preloaded (ld.so(8), LD_PRELOAD), and that native programs find by the same name: fakeroot's.
///
/// Nothing of the environment has to change for that. The root's library lies in a directory of LD_LIBRARY_PATH, where a
/// native loader passes over it, for it is of another architecture, and finds the tools tree's where it looks for all
/// libraries. Both speak to the same daemon, in the same messages.
package struct PreloadedLibraries: Hashable, Sendable {
    static let variable = "LD_PRELOAD"

    /// The values of the variable that are permitted.
    let names: [String]
    /// What LD_LIBRARY_PATH has to begin with: the root's own directory of them.
    let searchPath: String

    package init(names: [String], searchPath: String) {
        (self.names, self.searchPath) = (names, searchPath)
    }

    /// `variables`, those that have everything emulated, with these libraries excepted.
    func permitted(among variables: [String]) -> [String] {
        variables.map { variable in
            variable == Self.variable ? variable + "=" + names.map { $0 + "|" }.joined() : variable
        }
    }

    /// Those of `request` whose packages are the same in both trees; nil where there are none.
    init?(_ request: AccelerationRequest, _ eligibility: Eligibility) throws(AccelerationError) {
        // Messages are laid out alike where words are.
        guard request.architecture.elf.fileClass == request.host.elf.fileClass,
            request.architecture.elf.byteOrder == request.host.elf.byteOrder
        else { return nil }
        let root = try AccelerationError.wrapping { () throws(FilesystemError) in try Directory.open(request.root) }
        let tools = try AccelerationError.wrapping { () throws(FilesystemError) in try Directory.open(request.tools) }
        guard let installed = try InstalledPackages(of: root), let offered = try InstalledPackages(of: tools),
            let preloads = eligibility[installed.manager].preloads
        else { return nil }
        var own = TreeFiles(root)
        var native = TreeFiles(tools)
        for (package, rule) in preloads.sorted(by: { $0.key < $1.key }) {
            guard let version = installed[package]?.version, version == offered[package]?.version else { continue }
            let directory = rule.directory.replacing("{triplet}", with: request.architecture.triplet)
            var names: [String] = []
            for name in rule.libraries {
                guard let library = own.file(at: "\(directory)/\(name)"), library.isProgram(for: request.architecture),
                    let counterpart = native.file(at: Self.place(name, request.host))
                else { continue }
                guard counterpart.isProgram(for: request.host), request.record.programs[counterpart.path] != nil else {
                    continue
                }
                names.append(name)
            }
            guard !names.isEmpty else { continue }
            (self.names, searchPath) = (names, "\(directory):")
            return
        }
        return nil
    }

    /// Where a native loader finds the library `name`.
    static func place(_ name: String, _ host: Architecture) -> String { "/usr/lib/\(host.triplet)/\(name)" }

    /// What `link` does, in words; others where it does something else.
    static let edition = "preloaded libraries are linked into the directory of all"

    /// Gives those in `tree`, a tools tree, a name in the directory that loaders look in.
    static func link(
        _ preloads: [String: Eligibility.Preload], in tree: borrowing Directory, _ host: Architecture
    ) throws(FilesystemError) {
        guard let opened = try? tree.openInRoot("/usr/lib/\(host.triplet)", onlyDirectory: true) else { return }
        let target = Directory(adopting: opened, path: tree.path)
        for rule in preloads.values {
            let path = rule.directory.replacing("{triplet}", with: host.triplet)
            guard let opened = try? tree.openInRoot(path, onlyDirectory: true) else { continue }
            let directory = Directory(adopting: opened, path: tree.path.pushing(FilePath(path)))
            _ = try PrivateLibraries.link(directory, into: target)
        }
    }
}
