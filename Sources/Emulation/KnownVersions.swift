// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
package import SystemPackage

/// A file with the versions of interpreters, so that a run need not execute one to ask.
///
/// A version is that of a file, not of a path: an interpreter that was upgraded is another. That the file cannot be read
/// or written is no error.
package struct KnownVersions: Sendable {
    private let file: FilePath

    package init(_ file: FilePath) {
        self.file = file
    }

    /// nil where it is not known.
    func version(of status: FileStatus) -> QemuVersion? {
        let key = Self.key(of: status)
        guard let line = lines().first(where: { $0.hasPrefix(key) }) else { return nil }
        return QemuVersion(parsing: "version \(line.dropFirst(key.count))")
    }

    func remember(_ version: QemuVersion, of status: FileStatus) {
        let others = lines().filter { !$0.hasPrefix(Self.key(of: status)) }
        let text = (["\(Self.key(of: status))\(version)"] + others.prefix(15)).joined(separator: "\n") + "\n"
        try? file.removingLastComponent().makeDirectories()
        try? AtomicFile.write(Array(text.utf8), to: file)
    }

    private func lines() -> [String] {
        let bytes = (try? file.readFile(limit: 1 << 16)) ?? []
        return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func key(of status: FileStatus) -> String {
        "\(status.device) \(status.inode) \(status.size) \(status.modified) "
    }
}
