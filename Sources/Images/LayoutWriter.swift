// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
internal import Glibc
internal import Integrity
internal import JSON5
package import SystemPackage

/// Adds images to a directory in the OCI image layout (image-layout.md). Existing images stay; an image is listed once
/// all of its blobs exist.
package struct LayoutWriter: Sendable {
    package let directory: FilePath
    /// For messages.
    private let image: String

    /// Makes the directory where there is none. One that is there must be such a layout, or empty.
    package init(_ directory: FilePath, for image: String) throws(ImageError) {
        (self.directory, self.image) = (directory, image)
        try ImageError.of(image) { () throws(FilesystemError) in
            try directory.makeDirectories()
            let names = try Directory.open(directory).names().map(\.string)
            // Another process may be at the same.
            let isBegun = names.allSatisfy { $0 == "blobs" || $0 == ".lock" || $0.hasPrefix(".\(ImageLayout.marker).") }
            guard isBegun || names.contains(ImageLayout.marker) else {
                throw FilesystemError("write an image to", directory, .fileExists)
            }
            if !names.contains(ImageLayout.marker) {
                try AtomicFile.write(ImageLayout.markerContents, to: directory.appending(ImageLayout.marker))
            }
            try blobs.makeDirectories()
            try Self.sweep(blobs)
        }
        _ = try index()
    }

    private static let unfinished = ".new-"

    /// Deletes leftovers of dead processes.
    private static func sweep(_ blobs: FilePath) throws(FilesystemError) {
        let directory = try Directory.open(blobs)
        for name in try directory.names() where name.string.hasPrefix(unfinished) {
            let owner = name.string.dropFirst(unfinished.count).prefix { $0 != "-" }
            if let process = pid_t(owner), kill(process, 0) != 0, Errno.last == .noSuchProcess {
                try directory.unlink(name)
            }
        }
    }

    /// What is in the layout: all of it. One that cannot be read is not to be written over.
    private func index() throws(ImageError) -> JSONValue {
        let path = directory.appending(ImageLayout.index)
        let bytes: [UInt8]
        do throws(FilesystemError) {
            bytes = try path.readFile(limit: 16 << 20)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw ImageError(.below(error), image) }
            return ImageJSON.value(ImageIndex(manifests: []))
        }
        guard let index: JSONValue = ImageJSON.decode(bytes), case .array? = index["manifests"] else {
            throw ImageError(.damaged("\(path) does not follow the specification"), image)
        }
        return index
    }

    private var blobs: FilePath { directory.appending("blobs").appending("sha256") }

    /// A file for a blob that is not known yet: made, empty, and without its name until `add(file:…)`. Deleted with `discard`.
    package func makeFile() throws(ImageError) -> FilePath {
        let path = blobs.appending("\(Self.unfinished)\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
        try ImageError.of(image) { () throws(FilesystemError) in
            _ = try OwnedDescriptor.open(path, .writeOnly, options: [.create, .exclusiveCreate])
        }
        return path
    }

    package func discard(_ file: FilePath) { _ = unsafe unlink(file.string) }

    /// Gives the file at `path`, one of `makeFile`, the name it has as a blob.
    package func add(file path: FilePath, mediaType: String) throws(ImageError) -> Descriptor {
        let digest = try ImageError.of(image) { () throws(IntegrityError) in try Digest.of(fileAt: path) }
        return try ImageError.of(image) { () throws(FilesystemError) in
            let file = try OwnedDescriptor.open(path, .readOnly)
            try file.synchronize(path)
            let size = try file.size(of: path)
            try rename(path, to: digest.hex)
            return Descriptor(mediaType: mediaType, digest: digest, size: size)
        }
    }

    /// Adds a copy of a blob of another layout, at `path`.
    package func add(_ descriptor: Descriptor, from path: FilePath) throws(ImageError) {
        guard let digest = descriptor.checkedDigest, digest.algorithm == .sha256 else {
            throw ImageError(.unsupported("expected a SHA-256 digest, found \(descriptor.digest)"), image)
        }
        let own = ImageBlobs(directory: directory.appending("blobs"), image: image)
        if (try? own.verify(descriptor)) != nil { return }
        let copy = try makeFile()
        do throws(FilesystemError) {
            let input = try OwnedDescriptor.open(path, .readOnly)
            let output = try OwnedDescriptor.open(copy, .writeOnly)
            var rest = try input.size(of: path)
            while rest > 0 {
                let count = sendfile(output.rawValue, input.rawValue, nil, Int(min(rest, 1 << 30)))
                guard count > 0 else { throw FilesystemError("write", copy, count == 0 ? .ioError : .last) }
                rest -= Int64(count)
            }
            try output.synchronize(copy)
            try rename(copy, to: digest.hex)
        } catch {
            discard(copy)
            throw ImageError(.below(error), image)
        }
    }

    package func add(_ bytes: [UInt8], mediaType: String) throws(ImageError) -> Descriptor {
        let digest = try ImageError.of(image) { () throws(IntegrityError) in try Digest.of(bytes) }
        try ImageError.of(image) { () throws(FilesystemError) in
            try AtomicFile.write(bytes, to: blobs.appending(digest.hex))
        }
        return Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }

    private func rename(_ path: FilePath, to name: String) throws(FilesystemError) {
        guard let from = path.lastComponent, let to = FilePath.Component(name) else { return }
        let directory = try Directory.open(blobs)
        try directory.rename(from, to: to)
        try directory.synchronize()
    }

    /// Makes `manifest` the image tagged `tag`, or, without a tag, the only one without.
    package func publish(_ manifest: Descriptor, tag: String?) throws(ImageError) {
        // Two processes that add an image at once both succeed.
        let lock = try ImageError.of(image) { () throws(FilesystemError) in
            try FileLock.acquire(directory.appending(".lock"), .exclusive, wait: true)
        }
        var index = try index()
        let tagName = ImageLayout.nameAnnotation
        var named = ImageJSON.value(manifest)
        named["annotations"] = tag.map { .object([tagName: .string($0)]) }
        let others = (index["manifests"]?.elements ?? []).filter { $0["annotations"]?[tagName]?.text != tag }
        index["manifests"] = .array(others + [named])
        try ImageError.of(image) { () throws(FilesystemError) in
            try AtomicFile.write(ImageJSON.encode(index), to: directory.appending(ImageLayout.index))
            _ = unsafe unlink(directory.appending(".lock").string)
        }
        withExtendedLifetime(lock.rawValue) {}
    }
}
