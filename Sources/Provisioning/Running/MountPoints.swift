// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Sandbox
internal import SystemPackage

/// Directories and files that runs make in a tree to mount on, and that are no part of it.
///
/// They are written down before a run makes them and deleted, where they are still empty, when no run is left: by
/// the last run itself, or by the next command if that was killed.
struct MountPoints {
    private let journal: FilePath
    private let tree: FilePath

    /// `directory` is the root's own, where the journal is kept.
    init(of tree: FilePath, in directory: FilePath) {
        self.tree = tree
        journal = directory.appending("mountpoints")
    }

    /// Writes down what `plan` will make in the tree.
    func record(_ plan: SandboxPlan) throws(FilesystemError) {
        // What lies under a tmpfs of the run's is not in the tree.
        let covered = plan.steps.compactMap { step -> FilePath? in
            if case .tmpfs(let target, _) = step { target } else { nil }
        }
        var lines = ""
        for step in plan.steps {
            guard case .bind(_, let target, _, _) = step, !covered.contains(where: { target.starts(with: $0) })
            else { continue }
            for missing in try missing(target) { lines += missing.string + "\n" }
        }
        guard !lines.isEmpty else { return }
        let file = try OwnedDescriptor.open(journal, .writeOnly, options: [.create, .append])
        try file.write(Array(lines.utf8), to: journal)
    }

    /// Deletes them. Only while nobody uses the root: under its exclusive lock.
    func sweep() throws(FilesystemError) {
        guard let bytes = try? journal.readFile() else { return }
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        let paths = Set(lines.map { FilePath(String(decoding: $0, as: UTF8.self)) })
        // The deepest first.
        for path in paths.sorted(by: { $0.components.count > $1.components.count }) {
            guard let name = path.lastComponent else { continue }
            try? parent(of: path) { directory throws(FilesystemError) in
                guard let status = try directory.status(of: name) else { return }
                if status.kind == .directory { try directory.removeDirectory(name) }
                if status.kind == .regular, status.size == 0 { try directory.unlink(name) }
            }
        }
        let directory = try Directory.open(journal.removingLastComponent())
        try directory.unlink("mountpoints")
    }

    /// `target` and those of its ancestors that do not exist in the tree, topmost first. Behind a symbolic link
    /// nothing is looked for.
    private func missing(_ target: FilePath) throws(FilesystemError) -> [FilePath] {
        var directory = try Directory.open(tree)
        var path: FilePath = "/"
        var rest = Array(target.components)
        while let name = rest.first {
            guard let status = try directory.status(of: name) else { break }
            guard status.kind == .directory else { return [] }
            directory = try directory.openDirectory(name)
            path.append(name)
            rest.removeFirst()
        }
        return rest.map { name in
            path.append(name)
            return path
        }
    }

    private func parent(
        of path: FilePath, _ body: (borrowing Directory) throws(FilesystemError) -> Void
    ) throws(FilesystemError) {
        var directory = try Directory.open(tree)
        for name in path.removingLastComponent().components { directory = try directory.openDirectory(name) }
        try body(directory)
    }
}
