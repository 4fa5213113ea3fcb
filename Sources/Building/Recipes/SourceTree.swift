// SPDX-License-Identifier: Apache-2.0

package import Filesystem
package import SystemPackage

/// The top of a source directory, for detecting how to build it.
package struct SourceTree: Sendable {
    package let directory: FilePath
    private let names: Set<String>

    package init(_ directory: FilePath) throws(FilesystemError) {
        self.directory = directory
        names = Set(try Directory.open(directory).names().map(\.string))
    }

    package func has(_ name: String) -> Bool {
        name.contains("/") ? text(name) != nil : names.contains(name)
    }

    /// The first of `candidates` that is there.
    func first(of candidates: [String]) -> String? { candidates.first(where: has) }

    /// The beginning of the file `name`; nil where there is none.
    func text(_ name: String) -> String? {
        guard let tree = try? Directory.open(directory), let file = try? tree.openInRoot(name),
            let bytes = try? file.read(upTo: 1 << 20, of: directory.pushing(FilePath(name)))
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Its name: that of the directory, in characters that any file system and shell accepts.
    package var name: String {
        Self.name(of: directory.lastComponent?.string ?? "")
    }

    package static func name(of text: String) -> String {
        let kept = text.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-+".contains($0)) ? $0 : "-" }
        return kept.contains { $0.isLetter || $0.isNumber } ? String(kept) : "source"
    }
}
