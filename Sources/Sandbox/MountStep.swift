// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// One step of laying out what a run sees. Targets are absolute paths in the root.
package enum MountStep: Hashable, Sendable {
    /// A file or directory of the host, with what is mounted in it. Made where the target is missing.
    case bind(source: FilePath, target: FilePath, readOnly: Bool, optional: Bool)
    case tmpfs(target: FilePath, mode: UInt32)
    /// proc(5) of the run's own processes.
    case proc(target: FilePath)
    /// Pseudo-terminals of the run's own; `options` as in the kernel's devpts documentation.
    case devpts(target: FilePath, options: String)
    case messageQueues(target: FilePath)
    /// The run's own binfmt_misc, not to be written from inside.
    case binfmt(target: FilePath)
    case directory(target: FilePath, mode: UInt32)
    case file(target: FilePath, contents: String)
    case symbolicLink(target: FilePath, to: String)

    package var target: FilePath {
        switch self {
        case .bind(_, let target, _, _), .tmpfs(let target, _), .proc(let target), .devpts(let target, _),
            .messageQueues(let target), .binfmt(let target), .directory(let target, _), .file(let target, _),
            .symbolicLink(let target, _):
            target
        }
    }
}

extension MountStep: CustomStringConvertible {
    package var description: String {
        switch self {
        case .bind(let source, let target, let readOnly, _):
            "bind \(source) at \(target)\(readOnly ? ", read-only" : "")"
        case .tmpfs(let target, let mode): "tmpfs at \(target), mode \(String(mode, radix: 8))"
        case .proc(let target): "proc at \(target)"
        case .devpts(let target, let options): "devpts at \(target), \(options)"
        case .messageQueues(let target): "mqueue at \(target)"
        case .binfmt(let target): "the run's own binfmt_misc at \(target), read-only"
        case .directory(let target, let mode): "directory \(target), mode \(String(mode, radix: 8))"
        case .file(let target, let contents): "file \(target), \(contents.utf8.count) bytes"
        case .symbolicLink(let target, let destination): "symbolic link \(target) to \(destination)"
        }
    }
}
