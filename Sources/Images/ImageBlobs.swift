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
    /// Whether what is found damaged is deleted, to be fetched anew.
    var deletesDamaged = false

    /// A configuration or manifest is smaller than this.
    private static let documentLimit = 16 << 20

    func path(of digest: Digest) -> FilePath {
        directory.appending(digest.algorithm.rawValue).appending(digest.hex)
    }

    /// Throws where the blob is missing or is not what `descriptor` says; nothing of it may be used before.
    func verify(_ descriptor: Descriptor) throws(ImageError) -> (path: FilePath, digest: Digest) {
        guard let digest = descriptor.checkedDigest else {
            throw ImageError(.damaged("\(descriptor.digest) is no digest"), image)
        }
        let path = path(of: digest)
        do {
            let file = try OwnedDescriptor.open(path, .readOnly)
            let size = try file.size(of: path)
            guard size == descriptor.size else {
                if deletesDamaged { _ = unsafe unlink(path.string) }
                throw ImageError(.damaged("blob \(digest) has \(size) bytes, expected \(descriptor.size)"), image)
            }
            try digest.verify(file, at: path, named: "blob \(digest)")
            // What is used is not pruned for its age.
            _ = futimens(file.rawValue, nil)
        } catch let error as FilesystemError {
            guard error.errno == .noSuchFileOrDirectory else { throw ImageError(.below(error), image) }
            throw ImageError(.damaged("blob \(digest) is missing"), image)
        } catch let error as IntegrityError {
            guard case .digestMismatch(_, let found) = error.code else { throw ImageError(.below(error), image) }
            if deletesDamaged { _ = unsafe unlink(path.string) }
            throw ImageError(.damaged("blob \(digest) has the digest \(found)"), image)
        } catch let error as ImageError {
            throw error
        } catch {
            throw ImageError(.damaged("\(error)"), image)
        }
        return (path, digest)
    }

    /// A verified document.
    func read<Document: Decodable>(
        _ descriptor: Descriptor, as type: Document.Type = Document.self, called kind: String
    ) throws(ImageError) -> Document {
        let (path, digest) = try verify(descriptor)
        let bytes = try ImageError.of(image) { () throws(FilesystemError) in
            try path.readFile(limit: Self.documentLimit)
        }
        guard let document: Document = ImageJSON.decode(bytes) else {
            throw ImageError(.damaged("\(kind) \(digest) is not what the specification says"), image)
        }
        return document
    }
}
