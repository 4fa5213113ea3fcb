// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import Sandbox
internal import SystemPackage

/// Files that a command leaves in the directory above the shared current directory. That directory is the root's own,
/// or in memory, where the user of dpkg-buildpackage does not look for them.
struct LeftBehind: ~Copyable {
    /// Above the shared directory, by its path in the root.
    private let directory: FilePath
    private let tree: FilePath
    private let isInMemory: Bool
    /// By name, when each was changed last.
    private let before: [String: Int64]
    /// In memory: held open, for its mount ends with the run.
    private var opened: Directory?

    /// nil where `plan` does not share `current`, or the directory above it as well.
    init?(_ plan: SandboxPlan, sharing current: FilePath) {
        directory = current.removingLastComponent()
        let directory = directory
        func isAmong(_ targets: [FilePath]) -> Bool { targets.contains { directory.starts(with: $0) } }
        let binds = plan.steps.compactMap { if case .bind(_, let target, _, _) = $0 { target } else { nil } }
        let memories = plan.steps.compactMap { if case .tmpfs(let target, _) = $0 { target } else { nil } }
        guard binds.contains(current), directory != "/", !isAmong(binds) else { return nil }
        switch plan.root {
        case .host, .layered: return nil
        case .tree(let path): (tree, isInMemory) = (path, isAmong(memories))
        case .throwaway(let path): (tree, isInMemory) = (path, true)
        }
        before = isInMemory ? [:] : Self.files(in: Self.open(directory, in: tree))
        opened = nil
    }

    /// The run whose first process is `process` has begun.
    mutating func begin(_ process: Int32) {
        guard isInMemory, let bytes = try? FilePath("/proc/\(process)/task/\(process)/children").readFile(limit: 4096),
            let command = String(decoding: bytes, as: UTF8.self).split(separator: " ").first
        else { return }
        // The run's first process cannot be inspected. The command may have put a link there by now.
        guard let root = try? Directory.open(FilePath("/proc/\(command)/root")),
            let found = try? root.openInRoot(directory.string, onlyDirectory: true)
        else { return }
        opened = Directory(adopting: found, path: directory)
    }

    /// A message for the user after the run; nil if there is nothing to report.
    consuming func note() -> String? {
        let found = isInMemory ? Self.files(in: opened.take()) : Self.files(in: Self.open(directory, in: tree))
        let names = found.filter { before[$0.key] != $0.value }.keys.sorted()
        guard !names.isEmpty else { return nil }
        let list = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
        return isInMemory
            ? "\(list): left in \(directory) of the run, and discarded; --bind \(directory) shares that directory"
            : "\(list): left in \(directory) of the root, which is \(tree.pushing(directory.relative))"
    }

    private static func open(_ directory: FilePath, in tree: FilePath) -> Directory? {
        guard var place = try? Directory.open(tree) else { return nil }
        for name in directory.components {
            guard let next = try? place.openDirectory(name) else { return nil }
            place = next
        }
        return place
    }

    private static func files(in directory: consuming Directory?) -> [String: Int64] {
        guard let directory = directory.take(), let names = try? directory.names() else { return [:] }
        var found: [String: Int64] = [:]
        for name in names where !name.string.hasPrefix(".") {
            if let status = try? directory.status(of: name), status.kind == .regular {
                found[name.string] = status.changed
            }
        }
        return found
    }
}

extension FilePath {
    /// Without the slash at its beginning.
    fileprivate var relative: FilePath { FilePath(root: nil, components) }
}
