// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import CLinux
internal import Filesystem
internal import Glibc
package import SystemPackage

/// Whom the files of a tree belong to.
package struct TreeOwners {
    private let tree: FilePath
    private let isKnown: (stat) -> Bool
    private let describe: (stat) -> String

    /// Requires that everything in the tree `tree` belongs to `user` and `group`, ids of this process's user namespace.
    ///
    /// Device nodes, sockets and what is mounted do not count, as they are not copied. Directories that the caller cannot
    /// list, and what is deleted meanwhile, are passed over.
    package static func require(
        in tree: FilePath, user: @escaping (UInt32) -> Bool, group: @escaping (UInt32) -> Bool
    ) throws(ExtractionError) {
        let owners = TreeOwners(tree: tree) {
            user($0.st_uid) && group($0.st_gid)
        } describe: {
            user($0.st_uid) ? "group \($0.st_gid)" : "user \($0.st_uid)"
        }
        try owners.walk()
    }

    private func walk() throws(ExtractionError) {
        var path: [[UInt8]] = []
        var place = try TreeCopy.onFile(tree.string) { () throws(FilesystemError) in
            try TreeDescent(Directory.open(tree).release(), path: tree)
        }
        var status = stat()
        if unsafe fstat(place.current, &status) == 0 { try check(status, path) }
        var rest = [names(in: place.current)]
        while !rest.isEmpty {
            guard let name = rest[rest.count - 1].popLast() else {
                rest.removeLast()
                guard !rest.isEmpty else { return }
                path.removeLast()
                try TreeCopy.onFile(tree.string) { () throws(FilesystemError) in try place.leave() }
                continue
            }
            guard let found = try look(at: name, in: place.current, path + [name]) else { continue }
            path.append(name)
            rest.append(names(in: found.rawValue))
            do throws(FilesystemError) {
                try place.enter(found)
            } catch {
                throw ExtractionError(tree.string, .file(operation: error.operation, path: "/", error.errno))
            }
        }
    }

    /// Checks `name`; opens it if it is a directory that can be listed.
    private func look(
        at name: [UInt8], in directory: CInt, _ path: @autoclosure () -> [[UInt8]]
    ) throws(ExtractionError) -> OwnedDescriptor? {
        var status = stat()
        guard unsafe name.withCString({ unsafe fstatat(directory, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
            return nil
        }
        let kind = status.st_mode & S_IFMT
        guard [S_IFDIR, S_IFREG, S_IFLNK, S_IFIFO].contains(kind) else { return nil }
        // What cannot be opened even like this is a mount, or gone.
        if !isKnown(status), open(name, mg_open_path, in: directory) != nil { try check(status, path()) }
        return kind == S_IFDIR ? open(name, O_RDONLY | O_DIRECTORY, in: directory) : nil
    }

    private func check(_ status: stat, _ path: [[UInt8]]) throws(ExtractionError) {
        guard !isKnown(status) else { return }
        let path = printable(path.reduce([]) { $0 + [UInt8(ascii: "/")] + $1 })
        throw ExtractionError(tree.string, .foreign(path: path.isEmpty ? "/" : path, owner: describe(status)))
    }

    private func names(in directory: CInt) -> [[UInt8]] { rawListing(of: directory)?.map(\.name) ?? [] }

    /// nil where it cannot be opened, and where it is a mount.
    private func open(_ name: [UInt8], _ flags: CInt, in directory: CInt) -> OwnedDescriptor? {
        let opened = unsafe name.withCString { unsafe mg_open_within_mount(directory, $0, flags | O_NOFOLLOW) }
        return opened < 0 ? nil : OwnedDescriptor(adopting: FileDescriptor(rawValue: opened))
    }
}
