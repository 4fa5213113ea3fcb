// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// The plugins that a root's binutils load by themselves (ar(1), --plugin): of compilers, and what packages like llvm put
/// beside them, for which no native one stands in.
struct LinkerPlugins {
    /// The directories as they were looked at.
    private(set) var changes: [FilePath: FileState?] = [:]
    /// One that is not known.
    private(set) var unknown: String?

    /// `shared`: names of those that the tools tree has besides.
    init(
        _ request: AccelerationRequest, _ rules: CompilerRules.Plugins, shared: Set<String> = [],
        root: borrowing Directory
    ) {
        let known = rules.known.union(shared)
        for path in rules.directories {
            let path = path.replacing("{triplet}", with: request.architecture.triplet)
            guard let opened = try? root.openInRoot(path, onlyDirectory: true) else {
                changes[FilePath(path)] = .some(nil)
                continue
            }
            let directory = Directory(adopting: opened, path: root.path)
            guard let status = try? directory.status(), let names = try? directory.names() else {
                unknown = path
                continue
            }
            changes[FilePath(path)] = FileState(ofDirectory: status, anyDevice: request.anyDevice)
            if let name = names.first(where: { !known.contains($0.string) }) { unknown = "\(path)/\(name)" }
        }
    }
}
