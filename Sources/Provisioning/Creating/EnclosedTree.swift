// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// A tree with everything below a single directory, as in tarballs made of a directory instead of its contents.
struct EnclosedTree {
    /// That directory's name.
    let name: FilePath.Component
    private let tree: FilePath

    /// nil where `tree` is a system itself, or nothing below a single directory of it is one.
    init?(_ tree: FilePath) throws(FilesystemError) {
        let top = try Directory.open(tree)
        let names = try top.names()
        guard TreeExamination(top).architecture == nil, names.count == 1,
            try top.status(of: names[0])?.kind == .directory,
            TreeExamination(try top.openDirectory(names[0])).architecture != nil
        else { return nil }
        (name, self.tree) = (names[0], tree)
    }

    /// Moves everything a level up, and takes the directory's owner and permissions along.
    func unwrap() throws(FilesystemError) {
        let top = try Directory.open(tree)
        // Something in it may have the same name.
        let aside: FilePath.Component = ".mangrove-enclosing"
        try top.rename(name, to: aside)
        let inner = try top.openDirectory(aside)
        let status = try inner.status()
        for name in try inner.names() {
            guard unsafe renameat(inner.rawValue, name.string, top.rawValue, name.string) == 0 else {
                throw FilesystemError("rename", inner.path.appending(name), .last)
            }
        }
        try top.removeDirectory(aside)
        let owner = try top.status()
        if status.user != owner.user || status.group != owner.group {
            guard fchown(top.rawValue, status.user, status.group) == 0 else {
                throw FilesystemError("set owner of", tree, .last)
            }
        }
        guard fchmod(top.rawValue, status.permissions) == 0 else {
            throw FilesystemError("set permissions of", tree, .last)
        }
    }
}
