// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import Glibc
internal import SystemPackage

/// Selects what goes into a layer of an image: what lower layers lack, and the directories above, whose owner and mode
/// a layered file system would lose otherwise.
final class LayerWriting {
    /// nil: there are no layers below.
    let base: LowerTree?

    private final class Waiting {
        let entry: NewEntry

        init(_ entry: consuming NewEntry) { self.entry = entry }
    }

    /// The directories from the root to the one at hand; nil for those that are written.
    private var directories: [Waiting?] = []

    init(base: LowerTree?) { self.base = base }

    /// `entry`, a directory's, is written when something in it is; nil: it was written.
    func enter(_ entry: consuming NewEntry) { directories.append(Waiting(entry)) }

    func enterWritten() { directories.append(nil) }

    func leave() { _ = directories.popLast() }

    /// Writes the directories that wait, before something in them is.
    func flush(_ write: (borrowing NewEntry) throws(ExtractionError) -> Void) throws(ExtractionError) {
        for index in directories.indices {
            guard let waiting = directories[index] else { continue }
            directories[index] = nil
            try write(waiting.entry)
        }
    }
}

extension TreeArchiveWalk {
    func addDirectory(_ name: [UInt8], in directory: CInt, path: [UInt8], _ status: stat) throws(ExtractionError) {
        guard let layer else { return try add(name, in: directory, path: path, status) }
        guard let base = layer.base, base.hasSameDirectory(name, in: directory, path: path, status) else {
            try add(name, in: directory, path: path, status)
            return layer.enterWritten()
        }
        var status = status
        let entry = try NewEntry(archive, path: path, isDirectory: true)
        describe(entry, &status)
        unsafe archive_entry_set_size(entry.pointer, 0)
        unsafe addAttributes(of: name, in: directory, to: entry.pointer)
        layer.enter(entry)
    }

    /// Whether the layers below have the same there.
    func isInBase(
        _ name: [UInt8], in directory: CInt, path: [UInt8], _ status: stat
    ) throws(ExtractionError) -> Bool {
        guard let base = layer?.base else { return false }
        // A name for a file that is in this layer goes with it.
        let identity = Identity(device: status.st_dev, inode: status.st_ino)
        guard status.st_nlink == 1 || firstNames[identity] == nil else { return false }
        return base.hasSame(name, in: directory, path: path, status) { [reproduction] in
            reproduction?.adapted($0).st_mtim.tv_sec ?? $0.st_mtim.tv_sec
        }
    }

    /// Entries that an image cannot contain, or not under that name.
    private func isLeftOut(_ name: [UInt8], in directory: CInt) -> Bool {
        var status = stat()
        guard unsafe name.withCString({ unsafe fstatat(directory, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
            return true
        }
        return [S_IFSOCK, S_IFCHR, S_IFBLK].contains(status.st_mode & S_IFMT)
    }

    /// Adds whiteouts for entries of lower layers that are missing in the tree's directory at `path`.
    func hideMissing(in directory: CInt, path: [UInt8]) throws(ExtractionError) {
        guard let base = layer?.base else { return }
        let present = Set(try names(in: directory, path: path).filter { !isLeftOut($0, in: directory) })
        for name in base.names(at: path).sorted(by: { $0.lexicographicallyPrecedes($1) }) where !present.contains(name)
        {
            let own = (path.isEmpty ? [] : path + [UInt8(ascii: "/")]) + name
            switch overrides[own] {
            case .file, .symbolicLink, .directory, .device: continue
            case .omitted, .emptied, .contents, nil: break
            }
            // It is no part of what is compared.
            if reproduction?.override(own, base.mode(of: own)) == .omitted { continue }
            let prefix = (path.isEmpty ? [] : path + [UInt8(ascii: "/")]) + Array(".wh.".utf8)
            try add(prefix + name, [], 0)
        }
    }
}
