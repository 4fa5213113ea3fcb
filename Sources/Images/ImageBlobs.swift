// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import Integrity
internal import SystemPackage

/// A directory of blobs under their digests (OCI image specification, image-layout.md).
struct ImageBlobs {
    let directory: FilePath
    /// For messages.
    let image: String
    /// Whether damaged blobs are deleted, to be fetched again.
    var deletesDamaged = false

    /// A configuration or manifest is smaller than this.
    private static let documentLimit = 16 << 20

    func path(of digest: Digest) -> FilePath {
        directory.appending(digest.algorithm.rawValue).appending(digest.hex)
    }

    /// Throws where the blob is missing or is not what `descriptor` says; nothing of it may be used before.
    func verify(_ descriptor: Descriptor) throws(ImageError) -> FilePath {
        guard let digest = descriptor.checkedDigest else {
            throw ImageError(.damaged("invalid digest \(descriptor.digest)"), image)
        }
        let path = path(of: digest)
        let file = try open(path)
        do throws(IntegrityError) {
            try digest.verify(file, at: path, named: "blob \(digest)")
        } catch {
            guard case .digestMismatch(_, let found) = error.code else { throw ImageError(.below(error), image) }
            if deletesDamaged { _ = unsafe unlink(path.string) }
            throw ImageError(.damaged("expected blob \(digest), found \(found)"), image)
        }
        let size = try ImageError.of(image) { () throws(FilesystemError) in try file.size(of: path) }
        guard size == descriptor.size else {
            throw ImageError(.damaged("blob \(digest): expected \(descriptor.size) bytes, found \(size)"), image)
        }
        // Marks it as used, so that it is not pruned.
        _ = futimens(file.rawValue, nil)
        return path
    }

    private func open(_ path: FilePath) throws(ImageError) -> OwnedDescriptor {
        do throws(FilesystemError) {
            return try OwnedDescriptor.open(path, .readOnly)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw ImageError(.below(error), image) }
            throw ImageError(.damaged("blob \(path.lastComponent?.string ?? "") is missing"), image)
        }
    }

    /// The bytes of a document, verified.
    func bytes(_ descriptor: Descriptor) throws(ImageError) -> [UInt8] {
        let path = try verify(descriptor)
        return try ImageError.of(image) { () throws(FilesystemError) in
            try path.readFile(limit: Self.documentLimit)
        }
    }

    /// A verified document, which messages call `kind`.
    func read<Document: Decodable>(
        _ descriptor: Descriptor, as type: Document.Type = Document.self, called kind: String
    ) throws(ImageError) -> Document {
        guard let document: Document = ImageJSON.decode(try bytes(descriptor)) else {
            throw ImageError(.damaged("\(kind) \(descriptor.digest) does not follow the specification"), image)
        }
        return document
    }
}
