// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import SystemPackage

extension AptSource {
    /// The largest file of sources that is read, in bytes.
    private static let limit = 1 << 20

    /// What the apt of the root `tree` reads: its `sources.list` and `sources.list.d`. Links are followed within the
    /// root. Files that cannot be read are passed over.
    package static func ofRoot(_ tree: borrowing Directory) -> [AptSource] {
        let list = text("etc/apt/sources.list", in: tree)
        var sources = list.map { parse(list: $0) } ?? []
        let parts: FilePath = "etc/apt/sources.list.d"
        guard let opened = try? tree.openInRoot(parts.string, onlyDirectory: true) else { return sources }
        let names = (try? Directory(adopting: opened, path: tree.path.appending(parts.components)).names()) ?? []
        for name in names.map(\.string).sorted() {
            sources += text("\(parts)/\(name)", in: tree).map { parse($0, named: name) } ?? []
        }
        return sources
    }

    private static func text(_ path: String, in tree: borrowing Directory) -> String? {
        guard let file = try? tree.openInRoot(path),
            let bytes = try? file.readToEnd(of: tree.path.pushing(FilePath(path)), limit: limit)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
