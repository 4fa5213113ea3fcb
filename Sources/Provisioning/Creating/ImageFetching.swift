// SPDX-License-Identifier: Apache-2.0

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

    /// A file: what is asked for is no image.
    func obtainFile(_ base: Base) async throws(ProvisioningError) -> FilePath {
        guard case .archive(let path) = try await obtain(base).contents else {
            preconditionFailure("an image is no file")
        }
        return path
    }
}
