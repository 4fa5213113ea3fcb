// SPDX-License-Identifier: Apache-2.0

package import Filesystem
package import SystemPackage

/// A root's `/etc/resolv.conf`: a regular file with the host's contents.
///
/// Bases ship it as a link into /run, or not at all. A bind mount would make every package that replaces it fail, so it
/// is written as a file, and the record keeps the original for export.
package enum ResolvConf {
    static let mark = "# Written by mangrove from the host's /etc/resolv.conf.\n"

    /// Writes it if the base has none of its own. Returns the original; nil if nothing was changed.
    package static func prepare(
        in tree: borrowing Directory, host: FilePath = "/etc/resolv.conf"
    ) throws(FilesystemError) -> OriginalFile? {
        guard let contents = contents(of: host), try tree.status(of: "etc")?.kind == .directory else { return nil }
        let etc = try tree.openDirectory("etc")
        let original: OriginalFile
        if let target = try etc.symbolicLinkTarget(of: "resolv.conf") {
            original = .symbolicLink(target: target)
        } else if let bytes = try etc.readFile("resolv.conf") {
            original = .file(contents: String(decoding: bytes, as: UTF8.self))
        } else {
            original = .absent
        }
        try etc.replaceFile("resolv.conf", with: contents)
        return original
    }

    /// Whether it is as `prepare` made it.
    static func isOwn(in tree: borrowing Directory) throws(FilesystemError) -> Bool {
        guard try tree.status(of: "etc")?.kind == .directory else { return false }
        let etc = try tree.openDirectory("etc")
        guard try etc.status(of: "resolv.conf")?.kind == .regular else { return false }
        return try etc.readFile("resolv.conf")?.starts(with: Array(mark.utf8)) ?? false
    }

    /// Updates it if it still is as `prepare` made it. A file from the root's owner stays.
    package static func refresh(
        in tree: borrowing Directory, host: FilePath = "/etc/resolv.conf"
    ) throws(FilesystemError) {
        guard let contents = contents(of: host), try tree.status(of: "etc")?.kind == .directory else { return }
        let etc = try tree.openDirectory("etc")
        guard try etc.status(of: "resolv.conf")?.kind == .regular, let there = try etc.readFile("resolv.conf"),
            there.starts(with: Array(mark.utf8)), there != contents
        else { return }
        try etc.replaceFile("resolv.conf", with: contents)
    }

    /// nil where the host has none either.
    private static func contents(of host: FilePath) -> [UInt8]? {
        guard let bytes = try? host.readFile(limit: 1 << 20) else { return nil }
        return Array(mark.utf8) + bytes
    }
}
