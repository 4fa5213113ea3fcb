// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Images
internal import Integrity
internal import SystemPackage
internal import Terminal

extension BaseFetcher {
    /// What the policy of containers-image accepts.
    func obtainImage(_ base: Base, _ source: ImageSource) async throws(ProvisioningError) -> VerifiedBase {
        guard let architecture = base.architecture else { preconditionFailure("an image is of an architecture") }
        progress.begin("fetching \(base.name)")
        defer { progress.end() }
        let (images, progress) = (images, progress)
        let result = await BlockingThread.run { () -> Result<StoredImage, ImageError> in
            Result { () throws(ImageError) in
                try images.obtain(source, for: architecture) { progress.warn($0) }
            }
        }
        let image = try below { () throws(ImageError) in try result.get() }
        var verification = base.trust
        if image.policy?.requiresSignature == true { verification.how = .signature }
        verification.digest = image.digest.description
        return VerifiedBase(contents: .image(image), verification: verification)
    }

    /// A file, for a source: what is asked for is no image.
    func obtainFile(_ base: Base) async throws(ProvisioningError) -> FilePath {
        switch try await obtain(base).contents {
        case .archive(let path): return path
        case .directory(let path):
            throw ProvisioningError(
                UnusableBase.noTarball(
                    path, .directory, insteadOfDirectory: "build that directory itself: mangrove build \(path)"))
        case .image: preconditionFailure("an image is no file")
        }
    }
}

extension Creation {
    /// Requires that `tree`, of `base`, is no container image: the files of one contain no program.
    func requireNoImage(in tree: FilePath, _ base: Base) throws(ProvisioningError) {
        let (isLayout, isArchive) = try inBase(base.title) { () throws(FilesystemError) in
            let top = try Directory.open(tree)
            func hasFile(_ name: FilePath.Component) throws(FilesystemError) -> Bool {
                try top.status(of: name)?.kind == .regular
            }
            return (try hasFile("oci-layout"), try hasFile("manifest.json"))
        }
        guard isLayout || isArchive else { return }
        let reference: String? =
            switch base.place {
            case .directory(let path): isLayout ? "oci-layout:\(path)" : nil
            case .local(let path): isArchive ? "docker-archive:\(path)" : nil
            default: nil
            }
        throw ProvisioningError(UnusableBase.image(base.title, reference: reference))
    }
}
