// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// The modules of an interpreter that are compiled for a root's architecture (perl's, in
/// /usr/lib/TRIPLET/perl5): whether the tools tree has all of them for a native interpreter to load.
///
/// Any script may load any of them, indirectly or by computed names, so a missing one makes all scripts emulated.
struct CompiledModules {
    /// The state of the root's directories when they were examined; a new module changes it.
    private(set) var changes: [FilePath: FileState?] = [:]
    /// Packages with modules that the tools tree does not have, or in another version.
    private(set) var missing: [AccelerationPlan.Fallback] = []
    /// A module that belongs to no package and that the tools tree lacks.
    private(set) var unknown: String?

    /// A file below a directory of modules; `path` is relative to it.
    private struct Module: Hashable {
        let path: String
        let size: Int64
    }

    /// `patterns`: directories with `{triplet}` in their names.
    init(
        _ patterns: [String], _ request: AccelerationRequest, root: borrowing Directory, tools: borrowing Directory,
        installed: InstalledPackages, offered: InstalledPackages
    ) {
        for pattern in patterns {
            let own = pattern.replacing("{triplet}", with: request.architecture.triplet)
            let native = pattern.replacing("{triplet}", with: request.host.triplet)
            var modules: Set<Module> = []
            guard let directory = Self.open(own, in: root) else {
                changes[FilePath("/\(own)")] = .some(nil)
                continue
            }
            look(into: directory, "", "/\(own)", request.anyDevice, &modules)
            guard !modules.isEmpty else { continue }
            for package in installed.names(endingWith: "-perl") {
                let prefix = "/\(own)/"
                let files = installed.files(of: package, in: root).filter { $0.hasPrefix(prefix) }
                guard !files.isEmpty, let version = installed[package] else { continue }
                if let other = offered[package] {
                    if other.upstreamVersion != version.upstreamVersion { missing.append(.init(version, other)) }
                } else {
                    missing.append(.init(version, isWanted: true))
                }
                let paths = Set(files.map { String($0.dropFirst(prefix.count)) })
                modules = modules.filter { !paths.contains($0.path) }
            }
            // The rest belongs to no package, or to one with another name.
            let there = Self.open(native, in: tools)
            for module in modules.sorted(by: { $0.path < $1.path }) {
                guard there?.hasModule(module.path, size: module.size) != true else { continue }
                unknown = "/\(own)/\(module.path)"
                break
            }
        }
    }

    private static func open(_ path: String, in tree: borrowing Directory) -> Directory? {
        guard let opened = try? tree.openInRoot("/\(path)", onlyDirectory: true) else { return nil }
        return Directory(adopting: opened, path: tree.path.appending(path))
    }

    private mutating func look(
        into directory: borrowing Directory, _ prefix: String, _ path: String, _ anyDevice: Bool,
        _ modules: inout Set<Module>
    ) {
        guard let status = try? directory.status(), let names = try? directory.names() else { return }
        changes[FilePath(path)] = FileState(ofDirectory: status, anyDevice: anyDevice)
        for name in names {
            guard let status = try? directory.status(of: name) else { continue }
            // Modules are not that deep: treat it as unknown.
            if status.kind == .directory, path.utf8.count < 1024, let inner = try? directory.openDirectory(name) {
                look(into: inner, "\(prefix)\(name)/", "\(path)/\(name)", anyDevice, &modules)
            } else {
                modules.insert(Module(path: prefix + name.string, size: status.size))
            }
        }
    }
}

extension Directory {
    /// Whether the module at `path` exists here; compiled ones differ in size.
    fileprivate func hasModule(_ path: String, size: Int64) -> Bool {
        guard let file = try? openInRoot("/\(path)"), let status = try? file.status(of: FilePath(path)) else {
            return false
        }
        return path.hasSuffix(".so") || status.size == size
    }
}
