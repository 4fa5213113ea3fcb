// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The state of every program and library of a tree: whether somebody changed one shows.
///
/// A file of records, each with a NUL byte at its end: the first says which edition of mangrove made the tree, and the
/// length of the others; these size, times of modification and change, inode, and after a tab the path. It is gone
/// through at the start of every run, so it is read without making strings of it.
struct TreeManifest: Equatable, Sendable {
    private let records: [UInt8]

    /// Where nothing is that a program is made of.
    private static let passedOver: Set<String> = [
        "usr/share", "usr/include", "var", "etc", "proc", "sys", "dev", "run",
    ]

    /// That of the tree at `path`, as it is now.
    init(of path: FilePath) throws(FilesystemError) {
        var found: [String] = []
        try Self.walk(try Directory.open(path), "", &found)
        records = found.sorted().flatMap { Array($0.utf8) + [0] }
    }

    /// nil where there is none at `path`, or one of a tree that another edition of mangrove made.
    init?(reading path: FilePath) {
        guard let bytes = try? path.readFile(), let end = bytes.firstIndex(of: 0),
            bytes[..<end].elementsEqual(Self.beginning(bytes.count - end - 1)), bytes.last == 0
        else { return nil }
        records = Array(bytes[(end + 1)...])
    }

    func write(to path: FilePath) throws(FilesystemError) {
        try AtomicFile.write(Self.beginning(records.count) + [0] + records, to: path)
    }

    private static func beginning(_ length: Int) -> [UInt8] { Array("\(Eligibility.edition) \(length)".utf8) }

    /// Whether all of the files are in the tree at `path` as they were.
    func holds(for path: FilePath) -> Bool {
        guard let tree = try? Directory.open(path) else { return false }
        var rest = records[...]
        while let tab = rest.firstIndex(of: 0x09), let end = rest[tab...].firstIndex(of: 0) {
            var status = stat()
            // The record's own NUL byte ends the path.
            let found = unsafe rest[(tab + 1)...end].withUnsafeBufferPointer { path in
                unsafe path.withMemoryRebound(to: CChar.self) { path in
                    unsafe path.baseAddress.map { unsafe fstatat(tree.rawValue, $0, &status, AT_SYMLINK_NOFOLLOW) }
                }
            }
            guard found == 0, rest[..<tab].elementsEqual(Self.state(FileStatus(status)).utf8) else { return false }
            rest = rest[(end + 1)...]
        }
        return rest.isEmpty
    }

    private static func state(_ status: FileStatus) -> String {
        "\(status.size) \(status.modified) \(status.changed) \(status.inode)"
    }

    /// Whether it is a library, or lies where programs do.
    private static func matters(_ path: String, _ name: String) -> Bool {
        name.contains(".so") || path.contains("/gcc") || path.hasSuffix("bin/\(name)")
            || path.hasPrefix("\(MachineName.directory)/")
    }

    private static func walk(
        _ directory: borrowing Directory, _ prefix: String, _ found: inout [String]
    ) throws(FilesystemError) {
        for name in try directory.names() {
            let path = prefix + name.string
            guard !passedOver.contains(path), let status = try directory.status(of: name) else { continue }
            switch status.kind {
            case .directory: try walk(try directory.openDirectory(name), path + "/", &found)
            case .regular, .symbolicLink:
                if matters(path, name.string) { found.append("\(state(status))\t\(path)") }
            default: break
            }
        }
    }
}
