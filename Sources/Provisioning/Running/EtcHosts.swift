// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import SystemPackage

/// A root's `/etc/hosts`, with `localhost` and the root's own name for this machine: test suites and servers rely on
/// that, and a base from an archive has no such file. Written, like `ResolvConf`, as a file, for the same reasons.
package enum EtcHosts {
    static let mark = "# Written by mangrove, for localhost and the root's own name.\n"

    /// Adds missing entries for the root `name`. Returns the original file; nil if nothing was changed.
    package static func prepare(
        in tree: borrowing Directory, name: String
    ) throws(FilesystemError) -> OriginalFile? {
        guard try tree.status(of: "etc")?.kind == .directory else { return nil }
        let etc = try tree.openDirectory("etc")
        let original: [UInt8]?
        switch try etc.status(of: "hosts")?.kind {
        case nil: original = nil
        case .regular: original = try etc.readFile("hosts")
        default: return nil
        }
        let text = original.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let lines = missing(in: text, name)
        guard !lines.isEmpty else { return nil }
        let ending = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
        try etc.replaceFile("hosts", with: Array((mark + text + ending + lines).utf8))
        return original.map { _ in .file(contents: text) } ?? .absent
    }

    /// Whether it is as `prepare` made it.
    static func isOwn(in tree: borrowing Directory) throws(FilesystemError) -> Bool {
        guard try tree.status(of: "etc")?.kind == .directory else { return false }
        let etc = try tree.openDirectory("etc")
        guard try etc.status(of: "hosts")?.kind == .regular else { return false }
        return try etc.readFile("hosts")?.starts(with: Array(mark.utf8)) ?? false
    }

    /// Writes it if missing, as in roots of earlier editions.
    static func complete(in tree: borrowing Directory, name: String) throws(FilesystemError) {
        guard try tree.status(of: "etc")?.kind == .directory, try tree.openDirectory("etc").status(of: "hosts") == nil
        else { return }
        _ = try prepare(in: tree, name: name)
    }

    private static func missing(in text: String, _ name: String) -> String {
        let known = Set(
            text.split(separator: "\n").flatMap { line in
                line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).dropFirst().map(String.init)
            })
        let lines = [
            known.contains("localhost") ? "" : "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
            // Debian's address for a machine without a permanent one.
            known.contains(name) ? "" : "127.0.1.1\t\(name)\n",
        ]
        return lines.joined()
    }
}
