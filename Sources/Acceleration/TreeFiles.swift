// SPDX-License-Identifier: Apache-2.0

internal import Architectures
package import Filesystem
internal import Glibc
internal import SystemPackage

/// The regular files of a tree, by path: their type and first bytes. Directories are resolved inside the tree; a final
/// link is not followed.
package struct TreeFiles: ~Copyable {
    /// A regular file that can be read.
    package struct File: Hashable, Sendable {
        package let path: String
        package let status: FileStatus
        /// Its first bytes, 256 at most.
        package let beginning: [UInt8]

        var isExecutable: Bool { status.permissions & 0o111 != 0 }
        /// It is setuid or setgid, and never runs natively.
        var isPrivileged: Bool { status.permissions & 0o6000 != 0 }

        func isProgram(for architecture: Architecture) -> Bool {
            ELFIdentity(parsing: beginning) == architecture.elf
        }

        /// The interpreter of a script, with its options dropped; nil where it is none.
        var interpreter: String? {
            guard beginning.starts(with: [0x23, 0x21]) else { return nil }
            let line = beginning.dropFirst(2).prefix { $0 != 0x0A }
            return String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
        }
    }

    let tree: Directory
    /// Real names of directories, by the names that they were asked for; nil: there is none.
    private var directories: [String: String?] = [:]

    package init(_ tree: consuming Directory) {
        self.tree = tree
    }

    /// The file at `path`, absolute in the tree; nil where there is something else, or nothing that can be read. Its
    /// `path` has no link in it.
    package mutating func file(at path: String) -> File? {
        let path = FilePath(path)
        guard let name = path.lastComponent, let parent = realDirectory(path.removingLastComponent().string),
            let opened = try? tree.openInRoot(parent, onlyDirectory: true)
        else { return nil }
        let directory = Directory(adopting: opened, path: tree.path)
        guard let status = try? directory.status(of: name), status.kind == .regular,
            let file = try? directory.openFile(name, flags: O_RDONLY | O_NONBLOCK),
            let now = try? file.status(of: path), now == status, let beginning = try? file.read(upTo: 256, of: path)
        else { return nil }
        return File(path: FilePath(parent).appending(name).string, status: status, beginning: beginning)
    }

    /// `/usr/bin` for `/bin`, where that is a link to it.
    private mutating func realDirectory(_ path: String) -> String? {
        if let known = directories[path] { return known }
        var found: String?
        if (try? tree.openInRoot(path, onlyDirectory: true)) != nil {
            found = (try? tree.realPathInRoot(of: path))?.string
        }
        directories[path] = found
        return found
    }
}
