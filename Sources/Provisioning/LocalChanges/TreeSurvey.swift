// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// A snapshot of a tree's metadata, to detect later changes by its user. Contents are not read: a file counts as
/// changed if its size, modification time, mode or owner differs.
///
/// A file: for each name kind, mode (octal), owner, group, size and time of modification, a space after each, the path and a
/// NUL byte.
struct TreeSurvey: Equatable, Sendable {
    struct Entry: Equatable, Sendable {
        let kind: FileStatus.Kind
        let mode: UInt32
        let user: UInt32
        let group: UInt32
        /// 0 of directories, as is `modified`: both change with what is in them.
        let size: Int64
        let modified: Int64
    }

    /// By path in the tree, without a slash at either end. Raw bytes: names need not be UTF-8.
    var entries: [[UInt8]: Entry] = [:]

    /// `roots/NAME/contents`: that of the tree when it was complete.
    static let file: FilePath.Component = "contents"

    /// Deeper levels are ignored: a hostile base may nest without end.
    private static let maximumDepth = 64
    /// Top directories whose contents are transient.
    private static let passing: Set<String> = ["dev", "proc", "run", "sys", "tmp"]

    /// That of the tree at `path`, in which the caller can open everything.
    init(of path: FilePath) throws(FilesystemError) {
        let top = try Directory.open(path)
        try walk(top, [], device: top.status().device, depth: 0)
    }

    private mutating func walk(
        _ directory: borrowing Directory, _ path: [UInt8], device: dev_t, depth: Int
    ) throws(FilesystemError) {
        for name in try directory.names() {
            guard let status = try directory.status(of: name) else { continue }
            let own = (path.isEmpty ? [] : path + [UInt8(ascii: "/")]) + name.bytes
            entries[own] = Entry(status)
            guard status.kind == .directory, status.device == device, depth < Self.maximumDepth,
                depth > 0 || !Self.passing.contains(name.string)
            else { continue }
            do throws(FilesystemError) {
                try walk(try directory.openDirectory(name), own, device: device, depth: depth + 1)
            } catch let error where error.errno == .noSuchFileOrDirectory {
                // Deleted meanwhile.
                continue
            }
        }
    }

    /// nil where there is none at `path`.
    init?(reading path: FilePath) {
        guard let bytes = try? path.readFile(limit: 1 << 30) else { return nil }
        for record in bytes.split(separator: 0) {
            let fields = record.split(separator: UInt8(ascii: " "), maxSplits: 6, omittingEmptySubsequences: false)
            guard fields.count == 7, let entry = Entry(fields) else { return nil }
            entries[Array(fields[6])] = entry
        }
    }

    func write(to path: FilePath) throws(FilesystemError) {
        var bytes: [UInt8] = []
        for (path, entry) in entries.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            bytes += Array(entry.text.utf8) + path + [0]
        }
        try AtomicFile.write(bytes, to: path)
    }

    /// The same survey, updated with the changes between `before` and `after`; other changes still count as changes.
    func following(from before: TreeSurvey, to after: TreeSurvey) -> TreeSurvey {
        var result = self
        for (path, entry) in after.entries where before.entries[path] != entry { result.entries[path] = entry }
        for path in before.entries.keys where after.entries[path] == nil { result.entries[path] = nil }
        return result
    }
}

extension TreeSurvey.Entry {
    private static let kinds: [(FileStatus.Kind, Character)] = [
        (.regular, "f"), (.directory, "d"), (.symbolicLink, "l"), (.characterDevice, "c"), (.blockDevice, "b"),
        (.fifo, "p"), (.socket, "s"),
    ]

    init(_ status: FileStatus) {
        let isDirectory = status.kind == .directory
        self.init(
            kind: status.kind, mode: UInt32(status.permissions), user: status.user, group: status.group,
            size: isDirectory ? 0 : status.size, modified: isDirectory ? 0 : status.modified)
    }

    fileprivate init?(_ fields: [ArraySlice<UInt8>]) {
        let words = fields.prefix(6).map { String(decoding: $0, as: UTF8.self) }
        guard let kind = Self.kinds.first(where: { String($0.1) == words[0] })?.0,
            let mode = UInt32(words[1], radix: 8),
            let user = UInt32(words[2]), let group = UInt32(words[3]), let size = Int64(words[4]),
            let modified = Int64(words[5])
        else { return nil }
        self.init(kind: kind, mode: mode, user: user, group: group, size: size, modified: modified)
    }

    fileprivate var text: String {
        let letter = Self.kinds.first { $0.0 == kind }?.1 ?? "f"
        return "\(letter) \(String(mode, radix: 8)) \(user) \(group) \(size) \(modified) "
    }
}

extension FilePath.Component {
    /// As the file system has it.
    var bytes: [UInt8] {
        unsafe withPlatformString { unsafe Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
}
