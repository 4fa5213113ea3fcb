// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// The plugins that a root's binutils load by themselves (ar(1), --plugin): of compilers, and what packages like llvm put
/// beside them, for which no native one stands in.
struct LinkerPlugins {
    /// Of gcc and binutils: the tools tree has its own.
    private static let known: Set<String> = ["liblto_plugin.so", "libdep.so"]

    /// The directories as they were looked at.
    private(set) var changes: [FilePath: FileState?] = [:]
    /// One that is not known.
    private(set) var unknown: String?

    init(_ request: AccelerationRequest, root: borrowing Directory) {
        for path in ["/usr/lib/bfd-plugins", "/usr/lib/\(request.architecture.triplet)/bfd-plugins"] {
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
            if let name = names.first(where: { !Self.known.contains($0.string) }) { unknown = "\(path)/\(name)" }
        }
    }
}
