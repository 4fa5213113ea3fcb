// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
internal import SystemPackage

/// `roots/NAME/tree.json`: a tree that lies at a path of the user's choosing.
///
/// It is made beside that path and renamed. Whichever of the two names it has when its creator is killed, `identity`
/// identifies it, and nothing else is ever deleted there.
struct OutsideTree: Codable, Equatable {
    static let file: FilePath.Component = "tree.json"

    /// Where it is to be, absolute and without symbolic links.
    let path: String
    /// Where it is until it is complete.
    var staged: String
    /// Nil while there is nothing at `staged`, or an empty directory.
    var identity: FileIdentity?

    static func read(in directory: borrowing Directory) throws(FilesystemError) -> OutsideTree? {
        guard let bytes = try directory.readFile(file, limit: 1 << 16) else { return nil }
        // Written whole or not at all, so that one that cannot be read is not ours.
        return try? JSONDecoder().decode(OutsideTree.self, from: Data(bytes))
    }

    func write(in directory: borrowing Directory) throws(FilesystemError) {
        let data = (try? JSONEncoder().encode(self)) ?? Data()
        try directory.replaceFile(Self.file, with: Array(data))
    }

    /// Whether it is at this path.
    func isAt(_ place: FilePath) throws(FilesystemError) -> Bool {
        guard let identity, path == place.string else { return false }
        return try place.directoryIdentity() == identity
    }

    /// The name that the tree has now; nil where it has neither.
    ///
    /// After an interrupted replacement, the replaced tree is put back first.
    func locate() throws(FilesystemError) -> FilePath? {
        let path = FilePath(path)
        let staged = FilePath(staged)
        let found = try staged.directoryIdentity()
        guard let identity else { return found == nil ? nil : staged }
        if try path.directoryIdentity() == identity {
            guard found != nil, let from = path.lastComponent, let to = staged.lastComponent else { return path }
            try Directory.open(path.removingLastComponent()).exchange(from, with: to)
            return staged
        }
        return found == identity ? staged : nil
    }
}
