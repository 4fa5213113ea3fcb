// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Goes through a tree, directories before what is in them, and hands every file to an archive.
@safe final class TreeArchiveWalk {
    struct Identity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    static let chunk = 256 << 10

    let output: ArchiveOutput
    let archive: String
    let overrides: [[UInt8]: TreeArchive.Override]
    let reproduction: Reproduction?
    let layer: LayerWriting?
    let progress: ((Int64) -> Void)?
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 4096)
    private var device: dev_t = 0
    /// The first name of files that have several.
    var firstNames: [Identity: [CChar]] = [:]
    var report = TreeArchive.Report()

    init(
        output: ArchiveOutput, archive: String, overrides: [String: TreeArchive.Override],
        reproduction: Reproduction?, layer: LayerWriting?, progress: ((Int64) -> Void)?
    ) {
        self.output = output
        self.layer = layer
        self.reproduction = reproduction
        self.archive = archive
        self.progress = progress
        self.overrides = Dictionary(uniqueKeysWithValues: overrides.map { (Array($0.key.utf8), $0.value) })
    }

    deinit {
        unsafe buffer.deallocate()
    }

    func run(root: CInt) throws(ExtractionError) {
        var status = stat()
        guard unsafe fstat(root, &status) == 0 else { throw failed("examine", [], .last) }
        device = status.st_dev
        try addDirectory([UInt8(ascii: ".")], in: root, path: [], status)
        try hideMissing(in: root, path: [])
        let top: OwnedDescriptor
        do throws(FilesystemError) {
            top = try .duplicating(root, of: "/")
        } catch {
            throw failed(error.operation, [], error.errno)
        }
        try addAll(top)
    }

    /// A directory whose children are being added; the path of the one at hand is in `path`.
    private struct Listing {
        /// The last one first.
        var rest: [[UInt8]]
        let pathLength: Int
    }

    private func addAll(_ top: consuming OwnedDescriptor) throws(ExtractionError) {
        var path: [UInt8] = []
        var stack = [Listing(rest: try children(of: top.rawValue, path: path), pathLength: 0)]
        var place: TreeDescent
        do throws(FilesystemError) {
            place = try TreeDescent(top, path: "/")
        } catch {
            throw failed(error.operation, path, error.errno)
        }
        while !stack.isEmpty {
            let current = stack.count - 1
            path.removeSubrange(stack[current].pathLength...)
            guard let name = stack[current].rest.popLast() else {
                stack.removeLast()
                layer?.leave()
                do throws(FilesystemError) {
                    try place.leave()
                } catch {
                    throw failed(error.operation, path, error.errno)
                }
                continue
            }
            if !path.isEmpty { path.append(UInt8(ascii: "/")) }
            path += name
            switch overrides[path] {
            case .omitted: continue
            case .file(let bytes, let permissions):
                if layer?.base?.hasFile(path, containing: bytes) == true { continue }
                try add(path, bytes, mode_t(permissions))
            case .symbolicLink(let target):
                if layer?.base?.hasLink(path, to: target) == true { continue }
                try add(path, linkTo: Array(target.utf8))
            case .directory(let permissions): try add(path, directory: mode_t(permissions))
            case .device(let major, let minor, let permissions):
                try add(path, device: (major, minor), mode_t(permissions))
            case .emptied, .contents, nil:
                guard let directory = try addFound(name, in: place.current, path: path) else { continue }
                stack.append(
                    Listing(rest: try children(of: directory.rawValue, path: path), pathLength: path.count))
                do throws(FilesystemError) {
                    try place.enter(directory)
                } catch {
                    throw failed(error.operation, path, error.errno)
                }
            }
        }
    }

    /// The names to add below a directory, the last one first.
    private func children(of directory: CInt, path: [UInt8]) throws(ExtractionError) -> [[UInt8]] {
        var names = Set(try self.names(in: directory, path: path))
        for (overridden, value) in overrides {
            switch value {
            case .omitted, .emptied, .contents: continue
            case .file, .symbolicLink, .directory, .device: break
            }
            let split = overridden.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
            if overridden[..<max(split - 1, 0)].elementsEqual(path) { names.insert(Array(overridden[split...])) }
        }
        return names.sorted { $1.lexicographicallyPrecedes($0) }
    }

    /// Adds what has that name. Returns the directory, where it is one that is to be gone through.
    private func addFound(
        _ name: [UInt8], in directory: CInt, path: [UInt8]
    ) throws(ExtractionError) -> OwnedDescriptor? {
        var status = stat()
        guard unsafe name.withCString({ unsafe fstatat(directory, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
            let error = Errno.last
            try gone(path, error)
            return nil
        }
        func skip(_ path: [UInt8], _ reason: String) -> OwnedDescriptor? {
            leaveOut(path, reason)
            return nil
        }
        if status.st_mode & S_IFMT == S_IFSOCK { return skip(path, "a socket") }
        let isMount = status.st_dev != device
        if isMount, status.st_mode & S_IFMT != S_IFDIR { return skip(path, "on another file system") }
        let override = overrides[path] ?? reproduction?.override(path, status.st_mode)
        if override == .omitted {
            let kind = status.st_mode & S_IFMT
            if layer != nil, kind == S_IFCHR || kind == S_IFBLK { leaveOut(path, "a device node") }
            return nil
        }
        if layer != nil, name.starts(with: Array(".wh.".utf8)) {
            return skip(path, "whiteout name in an image")
        }
        if status.st_mode & S_IFMT != S_IFDIR, try isInBase(name, in: directory, path: path, status) {
            return nil
        }
        if status.st_mode & S_IFMT == S_IFREG, case .contents(let bytes) = override {
            try add(name, in: directory, path: path, status, containing: bytes)
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            try add(name, in: directory, path: path, status)
            return nil
        }
        try addDirectory(name, in: directory, path: path, status)
        guard overrides[path] != .emptied else {
            layer?.leave()
            return nil
        }
        func skipContents(_ reason: String) -> OwnedDescriptor? {
            layer?.leave()
            return skip(path + Array("/*".utf8), reason)
        }
        if isMount { return skipContents("on another file system") }
        let opened = unsafe name.withCString {
            unsafe mg_open_within_mount(directory, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
        guard opened >= 0 else {
            let error = Errno.last
            // A bind mount may be of the same file system.
            if error == .improperLink { return skipContents("a mount") }
            layer?.leave()
            try gone(path, error)
            return nil
        }
        let found = OwnedDescriptor(adopting: FileDescriptor(rawValue: opened))
        var now = stat()
        guard unsafe fstat(opened, &now) == 0, now.st_dev == device else {
            return skipContents("a mount made during the export")
        }
        try hideMissing(in: opened, path: path)
        return found
    }

    func names(in directory: CInt, path: [UInt8]) throws(ExtractionError) -> [[UInt8]] {
        guard let found = rawListing(of: directory) else { throw failed("list", path, .last) }
        return found.map(\.name)
    }

    // MARK: Errors

    func leaveOut(_ path: [UInt8], _ reason: String) {
        report.leftOut.append(ExtractionReport.Skipped(path: printable(path), reason: reason))
    }

    /// Something that was listed and is not there any more, or has become something else, is left out; any other error
    /// ends the walk.
    func gone(_ path: [UInt8], _ error: Errno) throws(ExtractionError) {
        switch error {
        case .noSuchFileOrDirectory: leaveOut(path, "it was deleted during the export")
        case .tooManySymbolicLinkLevels, .notDirectory, .noSuchAddressOrDevice, .invalidArgument:
            leaveOut(path, "it was replaced during the export")
        default: throw failed("read", path, error)
        }
    }

    func failed(_ operation: String, _ path: [UInt8], _ error: Errno) -> ExtractionError {
        ExtractionError(archive, .file(operation: operation, path: "/" + printable(path), error))
    }
}
