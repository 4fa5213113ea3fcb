// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// What a name in a layer of an image means besides itself (OCI image specification, layer.md, "Whiteouts").
enum Whiteout: Equatable {
    /// An ordinary entry.
    case none
    /// The component of that name in the same directory is not in the image any more; bytes with a NUL after them.
    case of([CChar])
    /// Nothing that lower layers have in this directory is in the image any more.
    case opaque
    /// Of a file system that layers were made with (aufs); no part of the image.
    case foreign

    private static let prefix = Array(".wh.".utf8)
    private static let foreignPrefix = Array(".wh..wh.".utf8)
    private static let opaqueName = Array(".wh..wh..opq".utf8)

    /// Throws where the name would hide what no name can be, or stands below a whiteout.
    init(_ name: EntryName) throws(EntryName.Refusal) {
        self = .none
        for index in 0..<name.starts.count {
            let bytes = name.component(index).dropLast().map { UInt8(bitPattern: $0) }
            guard bytes.starts(with: Self.prefix) else { continue }
            let isLast = index == name.starts.count - 1
            if bytes == Self.opaqueName, isLast {
                self = .opaque
            } else if bytes.starts(with: Self.foreignPrefix) {
                self = .foreign
                return
            } else if isLast {
                let hidden = bytes.dropFirst(Self.prefix.count)
                guard !hidden.isEmpty, !hidden.elementsEqual(".".utf8), !hidden.elementsEqual("..".utf8) else {
                    throw EntryName.Refusal(why: "its whiteout hides an invalid name")
                }
                self = .of(hidden.map { CChar(bitPattern: $0) } + [0])
            } else {
                throw EntryName.Refusal(why: "it is below a whiteout")
            }
        }
    }
}

/// The entries that a layer has created so far: its whiteouts hide only entries of lower layers, wherever in the layer
/// they are.
struct LayerContents {
    private var names: Set<EntryName> = []
    /// Directories that the layer says nothing of get their times back when something in them was changed.
    private(set) var times: [EntryName: Times] = [:]
    private var lastParent: EntryName?

    struct Times {
        let device: dev_t
        let inode: ino_t
        let values: (timespec, timespec)
    }

    /// The entry itself and the directories above it.
    mutating func insert(_ name: EntryName) {
        var name = name
        while names.insert(name).inserted, !name.isRoot { name = name.parent }
    }

    func contains(_ name: EntryName) -> Bool { names.contains(name) }

    /// Notes the times of the open directory `descriptor`, which is about to be changed.
    mutating func noteTimes(of directory: EntryName, _ descriptor: CInt) {
        guard directory != lastParent else { return }
        lastParent = directory
        guard times[directory] == nil else { return }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return }
        times[directory] = Times(
            device: status.st_dev, inode: status.st_ino, values: (status.st_atim, status.st_mtim))
    }
}

extension TreeWriter {
    /// Applies a whiteout. False if `name` is none, and must be created.
    mutating func hide(_ entry: ArchiveEntry, _ name: EntryName) throws(ExtractionError) -> Bool {
        let whiteout: Whiteout
        do throws(EntryName.Refusal) {
            whiteout = try Whiteout(name)
        } catch {
            throw hostile(entry, error.why)
        }
        if whiteout == .none { return false }
        // Where its directory is not there, there is nothing to hide.
        guard whiteout != .foreign, let parent = try existingParent(of: name, entry) else { return true }
        layer?.noteTimes(of: name.parent, parent)
        do throws(FilesystemError) {
            let directory = Directory(adopting: try .duplicating(parent, of: "/"), path: "/")
            if case .of(let bytes) = whiteout {
                let hidden = name.parent.appending(bytes)
                if let component = hidden.last { try hide(component, in: directory, hidden) }
            } else {
                try hideContents(of: directory, name.parent)
            }
        } catch {
            throw failed("delete the file hidden by", entry.displayName, error.errno)
        }
        parents.clear()
        return true
    }

    /// Deletes `component` of `directory`, which has the name `name`, but for what the layer itself has made of it.
    private func hide(
        _ component: FilePath.Component, in directory: borrowing Directory, _ name: EntryName
    ) throws(FilesystemError) {
        guard layer?.contains(name) == true else { return try directory.removeTree(component) }
        guard try directory.status(of: component)?.kind == .directory else { return }
        try hideContents(of: try directory.openDirectory(component), name)
    }

    private func hideContents(of directory: borrowing Directory, _ name: EntryName) throws(FilesystemError) {
        for child in try directory.names() {
            let bytes = unsafe child.withPlatformString {
                unsafe Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
            }
            try hide(child, in: directory, name.appending(bytes))
        }
    }

    /// nil where a directory above it is missing.
    private mutating func existingParent(of name: EntryName, _ entry: ArchiveEntry) throws(ExtractionError) -> CInt? {
        do throws(ParentCache.Refusal) {
            return try parents.parent(of: name, create: false)
        } catch {
            switch error {
            case .failed(.noSuchFileOrDirectory), .failed(.notDirectory): return nil
            case .hostile(let why): throw hostile(entry, why)
            case .failed(let errno): throw failed("open the directory of", entry.displayName, errno)
            }
        }
    }

    /// In a layer a file takes the place of a directory with all that is in it. True where there was one.
    mutating func removeDirectoryInTheWay(_ name: EntryName, in parent: CInt) -> Bool {
        guard layer != nil, let component = name.last, let copy = try? OwnedDescriptor.duplicating(parent, of: "/")
        else { return false }
        return (try? Directory(adopting: copy, path: "/").removeTree(component)) != nil
    }

    /// Gives directories that the layer only passed through the times they had.
    mutating func restoreTimes() throws(ExtractionError) {
        guard let times = layer?.times else { return }
        for (name, times) in times where !directories.contains(name) {
            // As it was come to: a link above an entry may have been followed.
            let inside = name.appending([CChar(bitPattern: UInt8(ascii: ".")), 0])
            guard let descriptor = try? parents.parent(of: inside, create: false) else { continue }
            // Something else may have its name by now.
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0, status.st_dev == times.device, status.st_ino == times.inode
            else { continue }
            try setTimes(times.values, ofDescriptor: descriptor, printable(name.rooted))
        }
    }
}

extension EntryName {
    /// The directory it is in; the root's is itself.
    var parent: EntryName { EntryName(components: (0..<parentDepth).map { Array(component($0)) }) }

    /// nil for the root itself.
    var last: FilePath.Component? {
        guard !isRoot else { return nil }
        return unsafe withLast { unsafe FilePath.Component(platformString: $0) }
    }
}
