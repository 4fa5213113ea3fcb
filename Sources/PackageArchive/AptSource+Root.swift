// SPDX-License-Identifier: Apache-2.0

package import Filesystem
package import SystemPackage

extension AptSource {
    /// The largest file of sources that is read, in bytes.
    private static let limit = 1 << 20

    /// What the apt of the system in `root` reads: a `sources.list` and a `sources.list.d`, absolute paths there. Links
    /// are followed within the root. Files that cannot be read are passed over.
    package static func read(
        in root: borrowing Directory, list: FilePath = "/etc/apt/sources.list",
        parts: FilePath = "/etc/apt/sources.list.d"
    ) -> [AptSource] {
        var sources = text(list, in: root).map { parse(list: $0) } ?? []
        guard let opened = try? root.openInRoot(parts.string, onlyDirectory: true) else { return sources }
        let names = (try? Directory(adopting: opened, path: root.path.appending(parts.components)).names()) ?? []
        for name in names.sorted(by: { $0.string < $1.string }) {
            sources += text(parts.appending(name), in: root).map { parse($0, named: name.string) } ?? []
        }
        return sources
    }

    private static func text(_ path: FilePath, in root: borrowing Directory) -> String? {
        guard let file = try? root.openInRoot(path.string),
            let bytes = try? file.readToEnd(of: root.path.appending(path.components), limit: limit)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
