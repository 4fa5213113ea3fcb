// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Libraries of a tools tree that programs have in directories of their own (`DT_RUNPATH`, as man-db's in
/// /usr/lib/man-db). In a root these directories hold the root's; so the host's get a second name where the loader
/// looks for all libraries, and the programs' own search path is dropped.
struct PrivateLibraries {
    /// What it does, in words; others where it does something else.
    static let edition = "libraries of directories below /usr/lib are linked into that of all: 2"

    /// Directories, absolute in the tree, all of whose libraries have got one.
    private let directories: Set<String>

    /// Looks for them in `tree` and links them into its directory `libraries`.
    init(in tree: borrowing Directory, _ libraries: FilePath) throws(FilesystemError) {
        var found: Set<String> = []
        guard let opened = try? tree.openInRoot("/\(libraries)", onlyDirectory: true) else {
            directories = []
            return
        }
        let target = Directory(adopting: opened, path: tree.path.pushing(libraries))
        try Self.replaceLinks(in: target, libraries, of: tree)
        let base = tree.path.appending("usr/lib")
        guard let names = try? Directory.open(base).names() else {
            directories = []
            return
        }
        // Not that of libraries itself, nor those of interpreters and compilers, which know theirs by path.
        for name in names where name.string != libraries.lastComponent?.string {
            guard let directory = try? Directory.open(base).openDirectory(name),
                try Self.link(directory, into: target)
            else { continue }
            found.insert("/usr/lib/\(name)")
        }
        directories = found
    }

    /// Has names that are links to files of other directories be names of these files: in a run, those directories are
    /// not beside this one.
    private static func replaceLinks(
        in target: borrowing Directory, _ path: FilePath, of tree: borrowing Directory
    ) throws(FilesystemError) {
        for name in try target.names() where name.string.hasPrefix("lib") {
            guard let link = try target.symbolicLinkTarget(of: name), link.contains("/"),
                let real = try? tree.realPathInRoot(of: "/\(path)/\(name)"),
                let file = try? tree.openInRoot(real.string), let status = try? file.status(of: real),
                status.kind == .regular
            else { continue }
            try target.unlink(name)
            let source = tree.path.appending(real.components)
            guard unsafe linkat(AT_FDCWD, source.string, target.rawValue, name.string, 0) == 0 else {
                throw FilesystemError("link", target.path.appending(name), .last)
            }
        }
    }

    /// Whether there are any, and all have got a name.
    static func link(
        _ directory: borrowing Directory, into target: borrowing Directory
    ) throws(FilesystemError) -> Bool {
        var isAny = false
        for name in try directory.names() where name.string.hasPrefix("lib") && name.string.contains(".so") {
            guard let status = try directory.status(of: name), status.kind == .regular else { continue }
            if let other = try target.status(of: name) {
                guard other.inode == status.inode else { return false }
            } else {
                guard unsafe linkat(directory.rawValue, name.string, target.rawValue, name.string, 0) == 0 else {
                    throw FilesystemError("link", target.path.appending(name), .last)
                }
            }
            isAny = true
        }
        return isAny
    }

    /// `program`, which searches the directories of its own that are here no more; unchanged where it searches others.
    func withoutSearchPath(_ program: [UInt8]) -> [UInt8] {
        guard var changed = ELFProgram(parsing: program), changed.wordSize == 8 else { return program }
        let path = changed.searchPath
        guard path.contains(where: directories.contains),
            path.allSatisfy({ directories.contains($0) || $0.hasPrefix(ToolsRelocation.directory.string) })
        else { return program }
        changed.dropSearchPath()
        return changed.bytes
    }
}
