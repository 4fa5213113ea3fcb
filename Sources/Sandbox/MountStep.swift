// SPDX-License-Identifier: Apache-2.0

internal import Failures
package import SystemPackage

/// One step of setting up a run's file system. Targets are absolute paths in the root.
package enum MountStep: Hashable, Sendable {
    /// A file or directory of the host, with its submounts; set-user-ID bits and device nodes in it have no effect,
    /// except a device node that is bound itself. The target is created if missing.
    case bind(source: FilePath, target: FilePath, readOnly: Bool, optional: Bool)
    case tmpfs(target: FilePath, mode: UInt32)
    /// proc(5) of the run's own processes.
    case proc(target: FilePath)
    /// The host's sysfs, read-only.
    case sysfs(target: FilePath)
    /// cgroup2 from the run's own group down, read-only; skipped if that is this machine's top one.
    case controlGroup(target: FilePath)
    /// A device node like the host's at the same path, the run's own if the caller may create one. Its mode, owner and
    /// times cannot be changed.
    case device(target: FilePath)
    /// Hides the target; skipped if it does not exist.
    case hidden(target: FilePath)
    /// Makes the target read-only; skipped if it does not exist.
    case frozen(target: FilePath)
    /// Pseudo-terminals of the run's own; `options` as in the kernel's devpts documentation.
    case devpts(target: FilePath, options: String)
    case messageQueues(target: FilePath)
    /// The run's own binfmt_misc, not to be written from inside.
    case binfmt(target: FilePath)
    case directory(target: FilePath, mode: UInt32)
    case file(target: FilePath, contents: String)
    case symbolicLink(target: FilePath, to: String)
    /// Over a directory an overlay of `lower` in it, whose changes go to `upper` and `work` in it.
    case overlay(target: FilePath)

    package var target: FilePath {
        switch self {
        case .bind(_, let target, _, _), .tmpfs(let target, _), .proc(let target), .sysfs(let target),
            .controlGroup(let target), .device(let target), .hidden(let target), .frozen(let target),
            .devpts(let target, _), .messageQueues(let target), .binfmt(let target), .directory(let target, _),
            .file(let target, _), .symbolicLink(let target, _), .overlay(let target):
            target
        }
    }
}

extension MountStep {
    /// A directory of the host at `target`, with changes to it in another, `changes`, in which `lower` is to mount on
    /// and `upper` and `work` are made.
    package static func layered(_ source: FilePath, changes: FilePath, target: FilePath) -> [MountStep] {
        [
            .bind(source: changes, target: target, readOnly: false, optional: false),
            .bind(source: source, target: target.appending("lower"), readOnly: true, optional: false),
            .overlay(target: target),
        ]
    }
}

extension MountStep: CustomStringConvertible {
    package var description: String {
        switch self {
        case .bind(let source, let target, let readOnly, _):
            "bind \(source) at \(target)\(readOnly ? ", read-only" : "")"
        case .tmpfs(let target, let mode): "tmpfs at \(target), mode \(String(mode, radix: 8))"
        case .proc(let target): "proc at \(target)"
        case .sysfs(let target): "the host's sysfs at \(target), read-only"
        case .controlGroup(let target): "the run's own cgroup at \(target), read-only"
        case .device(let target): "device \(target)"
        case .hidden(let target): "nothing at \(target)"
        case .frozen(let target): "\(target) read-only"
        case .devpts(let target, let options): "devpts at \(target), \(options)"
        case .messageQueues(let target): "mqueue at \(target)"
        case .binfmt(let target): "the run's own binfmt_misc at \(target), read-only"
        case .directory(let target, let mode): "directory \(target), mode \(String(mode, radix: 8))"
        case .file(let target, let contents): "file \(target), \(counted(contents.utf8.count, "byte"))"
        case .symbolicLink(let target, let destination): "symbolic link \(target) to \(destination)"
        case .overlay(let target): "overlay at \(target)"
        }
    }
}
