// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The state of every file of a tree that programs are executed or loaded from: whether somebody changed one shows.
///
/// A text file, a line each: size, times of modification and change, inode, path.
struct TreeManifest: Equatable, Sendable {
    private let lines: [Substring]

    /// Where nothing is that a program is made of.
    private static let passedOver: Set<String> = [
        "usr/share", "usr/include", "var", "etc", "proc", "sys", "dev", "run",
    ]

    /// That of the tree at `path`, as it is now.
    init(of path: FilePath) throws(FilesystemError) {
        var lines: [String] = []
        try Self.walk(try Directory.open(path), "", &lines)
        self.lines = lines.sorted().map { $0[...] }
    }

    /// nil where there is none at `path`.
    init?(reading path: FilePath) {
        guard let bytes = try? path.readFile() else { return nil }
        lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    func write(to path: FilePath) throws(FilesystemError) {
        try AtomicFile.write(Array(lines.joined(separator: "\n").utf8), to: path)
    }

    /// Whether all of the files are in the tree at `path` as they were.
    func holds(for path: FilePath) -> Bool {
        guard !lines.isEmpty, let tree = try? Directory.open(path) else { return false }
        return lines.allSatisfy { line in
            guard let space = line.lastIndex(of: "\t") else { return false }
            var status = stat()
            let name = String(line[line.index(after: space)...])
            guard unsafe fstatat(tree.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
            return Self.line(name, FileStatus(status)) == line
        }
    }

    private static func line(_ path: String, _ status: FileStatus) -> String {
        "\(status.size) \(status.modified) \(status.changed) \(status.inode)\t\(path)"
    }

    /// Whether it is a library, or lies where programs do.
    private static func matters(_ path: String, _ name: String) -> Bool {
        name.contains(".so") || path.contains("/gcc") || path.hasSuffix("bin/\(name)")
    }

    private static func walk(
        _ directory: borrowing Directory, _ prefix: String, _ lines: inout [String]
    ) throws(FilesystemError) {
        for name in try directory.names() {
            let path = prefix + name.string
            guard !passedOver.contains(path), let status = try directory.status(of: name) else { continue }
            switch status.kind {
            case .directory: try walk(try directory.openDirectory(name), path + "/", &lines)
            case .regular, .symbolicLink:
                if matters(path, name.string), !path.contains(where: \.isNewline) { lines.append(line(path, status)) }
            default: break
            }
        }
    }
}
