// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// What of a tools tree may be executed or loaded natively in a run.
struct ToolsPrograms {
    /// Absolute in the tree, without links: programs that have a loader, and libraries that programs load by themselves.
    let paths: [String]
    /// Programs that have none.
    let statics: [String]

    init(
        in tree: consuming Directory, host: Architecture, root: Architecture, _ eligibility: Eligibility
    ) throws(AccelerationError) {
        guard let offered = try InstalledPackages(of: tree) else {
            (paths, statics) = ([], [])
            return
        }
        let packages = eligibility[offered.manager].expanded(for: offered.names)
        let compilers = CompilerDirectories(root, in: tree, cross: true)
        let own = CompilerDirectories(host, in: tree, cross: false)
        var files = TreeFiles(tree)
        var found: Set<String> = []
        var statics: Set<String> = []
        var seen: Set<String> = []
        func add(_ path: String) {
            guard seen.insert(path).inserted else { return }
            // setuid ones are never native, and would run.
            guard let file = files.file(at: path), file.isProgram(for: host), !file.isPrivileged,
                let bytes = try? files.tree.openInRoot(file.path).readToEnd(of: FilePath(file.path)),
                let program = ELFProgram(parsing: bytes)
            else { return }
            let isLibrary = FilePath(file.path).lastComponent?.string.contains(".so") ?? false
            if program.loader != nil || isLibrary && !program.dynamicEntries.isEmpty {
                found.insert(file.path)
            } else if !isLibrary {
                statics.insert(file.path)
            }
        }
        let interpreters = (packages.scripts ?? [:]).keys
        for path in interpreters { add((try? files.tree.realPathInRoot(of: path).string) ?? path) }
        for name in packages.packages.keys {
            for path in offered.files(of: name, in: files.tree) where !path.contains(".so") { add(path) }
        }
        for name in (packages.preloads ?? [:]).values.flatMap(\.libraries) { add(PreloadedLibraries.place(name, host)) }
        guard let rules = packages.compilers else {
            (paths, self.statics) = (found.sorted(), statics.sorted())
            return
        }
        for rule in rules.programs {
            (rule.ofHost == true ? own : compilers).paths(of: rule.programs).forEach(add)
        }
        compilers.paths(of: [rules.plugins.file]).forEach(add)
        for name in offered.names where rules.isCompiler(name) {
            for path in offered.files(of: name, in: files.tree) where path.hasPrefix("/usr/bin/\(root.triplet)-") {
                add(path)
            }
        }
        paths = found.sorted()
        self.statics = statics.sorted()
    }
}
