// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import CLinux
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
    /// The same in the tools tree, where ldconfig(8) is to write it.
    package static let cacheInTree: FilePath = "/usr/lib/ld.so.cache"
    /// Where glibc's loader looks for it.
    private static let loaderCache = "/etc/ld.so.cache"

    private let replacements: [(old: [UInt8], new: [UInt8])]

    /// For programs of `host`.
    package init(host: Architecture) {
        // The longer first: the other is a part of it.
        let paths = ["/usr/lib/\(host.triplet)", "/lib/\(host.triplet)"]
        let libraries = Self.libraries.string
        var replacements = paths.map { path in
            (path, libraries + String(repeating: "/", count: path.utf8.count - libraries.utf8.count))
        }
        for loader in [host.loader, host.muslLoader] {
            replacements.append((loader, Self.padded(Self.loader, to: loader.utf8.count)))
        }
        replacements.append((Self.loaderCache, Self.padded(Self.cache, to: Self.loaderCache.utf8.count)))
        self.replacements = replacements.map { (Array($0.0.utf8), Array($0.1.utf8)) }
    }

    /// `path`, which is below `directory`, with so many slashes before its rest that it is `count` bytes long.
    static func padded(_ path: FilePath, to count: Int) -> String {
        let (head, text) = (directory.string, path.string)
        return head + String(repeating: "/", count: max(0, count - text.utf8.count)) + text.dropFirst(head.count)
    }

    /// Does it in all programs and libraries of the tree at `path`.
    package func apply(to path: FilePath) throws(AccelerationError) {
        var seen: Set<UInt64> = []
        try AccelerationError.wrapping { () throws(FilesystemError) in
            let tree = try Directory.open(path)
            try apply(to: tree, &seen)
            try relocateCache(in: tree)
        }
    }

    /// Does it in the loader's list of libraries, if the tree at `path` has one. Without it the loader looks for every
    /// library in some twenty directories first, those for newer processors.
    private func relocateCache(in tree: borrowing Directory) throws(FilesystemError) {
        let path = tree.path.pushing(FilePath(String(Self.cacheInTree.string.dropFirst())))
        guard (try? tree.openInRoot(Self.cacheInTree.string)) != nil else { return }
        var bytes = try path.readFile()
        for (old, new) in replacements { Self.replace(old, by: new, in: &bytes) }
        try AtomicFile.write(bytes, to: path)
    }

    /// The list of directories of musl's loader for `host`, in a tools tree. The loader looks for it from two levels
    /// above its own path on, below `directory` that is (musl, ldso/dynlink.c).
    static func muslList(_ host: Architecture) -> String {
        let name = host.muslLoader.dropFirst("/lib/".count).prefix { $0 != "." }
        return "etc/\(name).path"
    }

    /// Tells musl's loader, if the tree at `path` has it, where its libraries are in a run.
    package func tellMusl(in path: FilePath, host: Architecture = .host) throws(AccelerationError) {
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

    private func apply(to directory: borrowing Directory, _ seen: inout Set<UInt64>) throws(FilesystemError) {
        for name in try directory.names() {
            guard let status = try directory.status(of: name) else { continue }
            if status.kind == .directory {
                try apply(to: try directory.openDirectory(name), &seen)
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
        for (old, new) in replacements { Self.replace(old, by: new, in: &changed) }
        guard changed != bytes else { return }
        let output = try directory.openFile(name, flags: O_WRONLY)
        try output.write(changed, to: path)
    }

    /// `new` is as long as `old`.
    static func replace(_ old: [UInt8], by new: [UInt8], in bytes: inout [UInt8]) {
        guard old.count == new.count else { return }
        let count = bytes.count
        unsafe bytes.withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress else { return }
            var offset = 0
            while let found = unsafe mg_memmem(start + offset, UInt(count - offset), old, UInt(old.count)) {
                let place = unsafe UnsafeRawPointer(start).distance(to: found)
                unsafe (start + place).copyMemory(from: new, byteCount: new.count)
                offset = place + new.count
            }
        }
    }

    static func find(_ pattern: [UInt8], in bytes: [UInt8]) -> Bool {
        unsafe mg_memmem(bytes, UInt(bytes.count), pattern, UInt(pattern.count)) != nil
    }
}
