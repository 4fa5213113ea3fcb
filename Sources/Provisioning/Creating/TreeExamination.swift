// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Filesystem
internal import Glibc
internal import SystemPackage

/// What a tree's files say about it.
package struct TreeExamination: Equatable, Sendable {
    package let release: OSRelease?
    /// Of its programs; nil where none was found. armhf and armel look the same: armhf.
    package let architecture: Architecture?

    /// Looks into the tree without following links: they would be resolved on the host.
    package init(_ tree: borrowing Directory) {
        var release: OSRelease?
        for path in Self.releases where release == nil {
            release = Self.read(path, in: tree, limit: 64 << 10)
                .map { OSRelease(parsing: String(decoding: $0, as: UTF8.self)) }
        }
        var architecture: Architecture?
        for path in Self.programs where architecture == nil {
            guard let identity = Self.read(path, in: tree, limit: 20).flatMap(ELFIdentity.init(parsing:)) else {
                continue
            }
            architecture = Architecture.allCases.last { $0.elf == identity }
        }
        self.release = release
        self.architecture = architecture
    }

    /// The first is a link to the second as a rule (os-release(5)).
    private static let releases = ["etc/os-release", "usr/lib/os-release"]
    /// One of these is a program of its own, not a link, in every distribution.
    private static let programs = [
        "usr/bin/env", "usr/bin/bash", "bin/bash", "bin/busybox", "usr/bin/busybox", "usr/bin/coreutils", "bin/sh",
        "usr/bin/sh", "usr/bin/ls", "bin/ls", "sbin/init",
    ]

    /// Its first `limit` bytes, where it is a regular file and no link leads to it.
    private static func read(_ path: String, in tree: borrowing Directory, limit: Int) -> [UInt8]? {
        let components = FilePath(path).components
        guard let name = components.last else { return nil }
        return try? components.dropLast().reading(name, from: tree, limit: limit)
    }
}

extension Sequence<FilePath.Component> {
    fileprivate func reading(
        _ name: FilePath.Component, from tree: borrowing Directory, limit: Int
    ) throws(FilesystemError) -> [UInt8]? {
        var directory = try tree.openDirectory(".")
        for component in self { directory = try directory.openDirectory(component) }
        guard try directory.status(of: name)?.kind == .regular else { return nil }
        return try directory.openFile(name, flags: O_RDONLY).read(upTo: limit, of: directory.path.appending(name))
    }
}
