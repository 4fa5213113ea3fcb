// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Integrity
internal import SystemPackage

/// The digest of a directory's files and their names that in-toto calls `dirHash`: that of a list of all, sorted, in
/// sha256sum(1)'s form (in-toto attestations, "DigestSet").
enum DirectoryHash {
    /// In hexadecimal digits; nil where something cannot be read.
    static func make(of directory: FilePath) -> String? {
        var files: [(name: String, digest: String)] = []
        guard let tree = try? Directory.open(directory), (try? add(tree, below: "", to: &files)) != nil else {
            return nil
        }
        let list = files.sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
            .map { "\($0.digest)  \($0.name)\n" }
        return try? Digest.of(Array(list.joined().utf8)).hex
    }

    private static func add(
        _ directory: borrowing Directory, below prefix: String, to files: inout [(name: String, digest: String)]
    ) throws {
        for name in try directory.names() {
            guard let status = try directory.status(of: name) else { continue }
            if status.kind == .directory {
                try add(try directory.openDirectory(name), below: "\(prefix)\(name)/", to: &files)
            } else if status.kind == .regular {
                let path = directory.path.appending(name)
                files.append(("\(prefix)\(name)", try Digest.of(try directory.openFile(name, flags: 0), at: path).hex))
            }
        }
    }
}
