// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Filesystem
internal import Glibc
package import SystemPackage

/// Where the programs of a tools tree find their loader and libraries in a root: below /run, which is the run's own, so
/// that nothing of the root is in the way and no mount point has to be made in it.
///
/// The paths that are compiled into them are replaced, once, when the tree is made: each by one of the same length,
/// filled up with slashes, so that strings keep their places and their lengths.
package struct ToolsRelocation: Sendable {
    package static let directory: FilePath = "/run/mangrove"
    /// The libraries, in a run.
    package static let libraries = directory.appending("lib")
    /// The loader, in a run.
    package static let loader = directory.appending("ld.so")
    /// The loader's list of libraries, in a run. The name is short because it replaces that of `loaderCache`.
    static let cache = directory.appending("lc")
    /// The locales of big-endian roots' native programs, in a run: as long as `systemLocales`.
    static let locales = directory.appending("l")
    static let systemLocales = "/usr/lib/locale"
    /// The same in the tools tree, where ldconfig(8) is to write it.
    package static let cacheInTree: FilePath = "/usr/lib/ld.so.cache"
    /// Where glibc's loader looks for it.
    private static let loaderCache = "/etc/ld.so.cache"
    /// Libraries to be loaded before all others are of the root's architecture; a file that never exists takes the
    /// place of their list, whose path is as long.
    static let preloadList = "/etc/ld.so.preload"
    static let noPreloadList = "\(directory)/none"

    let edits: [PathEdit]
    private let libraryDirectory: FilePath

    /// For programs of `host` that run in roots of `root`.
    package init(host: Architecture, root: Architecture) {
        let libraries = Self.libraries.string
        // The longer first: the other is a part of it.
        var edits = ["/usr/lib/\(host.triplet)", "/lib/\(host.triplet)"].map { path in
            PathEdit(
                path, libraries + String(repeating: "/", count: path.utf8.count - libraries.utf8.count),
                reason: "the host's libraries do not exist in a root")
        }
        for loader in [host.loader, host.muslLoader] {
            edits.append(
                PathEdit(
                    loader, Self.padded(Self.loader, to: loader.utf8.count),
                    reason: "the host's loader is not there in a root"))
        }
        edits += [
            PathEdit(
                Self.loaderCache, Self.padded(Self.cache, to: Self.loaderCache.utf8.count),
                reason: "the root's is for the root's own libraries"),
            PathEdit(
                Self.preloadList, Self.noPreloadList,
                reason: "what the root's names cannot be loaded by the host's loader"),
        ]
        if host.elf.byteOrder != root.elf.byteOrder {
            edits.append(
                PathEdit(Self.systemLocales, Self.locales.string, reason: "the root's are of the other byte order"))
        }
        self.edits = edits
        libraryDirectory = FilePath("usr/lib/\(host.triplet)")
    }

    /// `path`, which is below `directory`, with so many slashes before its rest that it is `count` bytes long.
    static func padded(_ path: FilePath, to count: Int) -> String {
        let (head, text) = (directory.string, path.string)
        return head + String(repeating: "/", count: max(0, count - text.utf8.count)) + text.dropFirst(head.count)
    }

    /// Does it in all programs and libraries of the tree at `path`, and in the lists that are made of paths. Libraries
    /// that programs have in directories of their own are put where the loader looks for all.
    package func apply(to path: FilePath) throws(AccelerationError) {
        try AccelerationError.wrapping { () throws(FilesystemError) in
            let tree = try Directory.open(path)
            var walk = RelocationWalk(edits, privateLibraries: try PrivateLibraries(in: tree, libraryDirectory))
            try walk.apply(to: tree)
            for list in [Self.cacheInTree, FilePath("/\(libraryDirectory)/gconv/gconv-modules.cache")] {
                try apply(toList: list, in: tree)
            }
        }
    }

    /// The loader's list of libraries, without which it looks for every one in some twenty directories first, those
    /// for newer processors; that of conversions between character sets (iconvconfig(8)).
    private func apply(toList list: FilePath, in tree: borrowing Directory) throws(FilesystemError) {
        guard let name = list.lastComponent,
            let parent = try? tree.openInRoot(list.removingLastComponent().string, onlyDirectory: true)
        else { return }
        let directory = Directory(adopting: parent, path: tree.path)
        guard var bytes = try directory.readFile(name) else { return }
        for edit in edits { edit.apply(to: &bytes) }
        try directory.replaceFile(name, with: bytes)
    }

    /// The list of directories of musl's loader for `host`, in a tools tree. The loader looks for it from two levels
    /// above its own path on, below `directory` that is (musl, ldso/dynlink.c).
    static func muslList(_ host: Architecture) -> String {
        let name = host.muslLoader.dropFirst("/lib/".count).prefix { $0 != "." }
        return "etc/\(name).path"
    }

    /// Writes the list of directories of musl's loader, if the tree at `path` has that loader.
    package func writeMuslList(in path: FilePath, host: Architecture = .host) throws(AccelerationError) {
        try AccelerationError.wrapping { () throws(FilesystemError) in
            let tree = try Directory.open(path)
            guard (try? tree.openInRoot(host.muslLoader)) != nil else { return }
            let tools = Self.directory.appending("tools")
            let text = "\(tools)/lib\n\(tools)/usr/lib\n"
            let list = FilePath(Self.muslList(host))
            guard let name = list.lastComponent else { return }
            try tree.makeDirectories(["etc"]).createFile(name, holding: Array(text.utf8))
        }
    }
}

/// All regular files of a tree, each once.
private struct RelocationWalk {
    private let edits: [PathEdit]
    private let privateLibraries: PrivateLibraries
    private var seen: Set<UInt64> = []

    init(_ edits: [PathEdit], privateLibraries: PrivateLibraries) {
        (self.edits, self.privateLibraries) = (edits, privateLibraries)
    }

    mutating func apply(to directory: borrowing Directory) throws(FilesystemError) {
        for name in try directory.names() {
            guard let status = try directory.status(of: name) else { continue }
            if status.kind == .directory {
                try apply(to: try directory.openDirectory(name))
            } else if status.kind == .regular, status.size > 64, seen.insert(UInt64(status.inode)).inserted {
                try relocate(name, in: directory)
            }
        }
    }

    private func relocate(_ name: FilePath.Component, in directory: borrowing Directory) throws(FilesystemError) {
        let path = directory.path.appending(name)
        let file = try directory.openFile(name, flags: O_RDONLY)
        guard try file.read(upTo: 4, of: path) == [0x7F, 0x45, 0x4C, 0x46] else { return }
        let bytes = try directory.readFile(name, limit: 1 << 30) ?? []
        var changed = bytes
        for edit in edits { edit.apply(to: &changed) }
        if let program = ELFProgram(parsing: changed) {
            // What stands before it may be anything.
            if let loader = program.loader {
                var part = Array(changed[loader])
                for edit in edits { edit.apply(to: &part) }
                changed.replaceSubrange(loader, with: part)
            }
            changed = privateLibraries.withoutSearchPath(changed)
        }
        guard changed != bytes else { return }
        try directory.openFile(name, flags: O_WRONLY).write(changed, to: path)
    }
}
