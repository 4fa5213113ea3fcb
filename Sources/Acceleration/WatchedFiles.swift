// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
package import SystemPackage

extension AccelerationPlan {
    /// A file of the root, with its state when the plan was made.
    package struct Watched: Codable, Hashable, Sendable {
        package let path: FilePath
        /// nil: it did not exist.
        package let state: FileState?
    }

    /// All that the dispatcher will watch, sorted: with one of them changed another plan may have more native programs.
    package var watched: [Watched] {
        var found = changes
        for entry in entries { found.merge(entry.exceptions.changes) { first, _ in first } }
        return found.filter { !$0.key.starts(with: ToolsRelocation.directory) && $0.key != "/" }
            .map { Watched(path: $0.key, state: $0.value) }.sorted { $0.path.string < $1.path.string }
    }

    /// Whether all of `files` are in the tree at `path` as they were.
    package static func areUnchanged(_ files: [Watched], in path: FilePath) -> Bool {
        guard let tree = try? Directory.open(path) else { return false }
        return files.allSatisfy { file in
            guard let opened = try? tree.openInRoot(file.path.string), let status = try? opened.status(of: file.path)
            else { return file.state == nil }
            guard let state = file.state else { return false }
            let isAny = state.device == nil
            return state
                == (status.kind == .directory
                    ? FileState(ofDirectory: status, anyDevice: isAny) : FileState(status, anyDevice: isAny))
        }
    }
}
