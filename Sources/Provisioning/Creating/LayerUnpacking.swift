// SPDX-License-Identifier: Apache-2.0

internal import Extraction
internal import Filesystem
internal import Images
internal import Integrity
internal import SystemPackage

extension WorkerRequest.Layering {
    init(_ image: StoredImage, ownership: RootRecord.Ownership, tree: FilePath) {
        var policy = ExtractionPolicy.layer
        if ownership == .caller { policy.ownership = .caller }
        let layers = image.layers.enumerated().map { number, layer in
            Layer(
                archive: layer.path.string, name: "\(image.source), layer \(number + 1)",
                digest: layer.diffID.description)
        }
        self.init(layers: layers, tree: tree.string, policy: policy)
    }

    /// Unpacks them. A layer whose contents are not what the image's configuration says is an error, after which the tree is of
    /// no use.
    func perform(_ progress: @escaping @Sendable (Int64) -> Void) throws(ProvisioningError) -> ExtractionReport {
        let directory = try below { () throws(FilesystemError) in try Directory.open(FilePath(tree)) }
        var report = ExtractionReport()
        var done: Int64 = 0
        for layer in layers {
            let path = FilePath(layer.archive)
            let file = try below { () throws(FilesystemError) in try OwnedDescriptor.open(path, .readOnly) }
            let algorithm = Digest(parsing: layer.digest)?.algorithm ?? .sha256
            var digest = try below { () throws(IntegrityError) in try DigestComputation(algorithm) }
            let (before, size) = (done, try below { () throws(FilesystemError) in try file.size(of: path) })
            let unpacked = try below { () throws(ExtractionError) in
                try unsafe Extractor(policy: policy).extract(
                    from: file, name: layer.name, into: directory, inspect: { unsafe digest.update($0) },
                    progress: { progress(before + $0) })
            }
            let found = digest.finish()
            guard found.description == layer.digest else {
                throw ProvisioningError(
                    .notASystem(layer.name, reason: "it unpacks to \(found), expected \(layer.digest)"))
            }
            report.add(unpacked)
            done += size
        }
        return report
    }
}
