// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Catalogue
internal import Images
internal import Provisioning

/// `create` of a container image.
extension Create {
    /// nil where the root is to be made of something else.
    func image() throws -> ImageSource? {
        guard let distro, from == nil else { return nil }
        return try ImageSource(distro, relativeTo: Surroundings.workingDirectory)
    }

    func validateImage() throws {
        let said: [(String, Bool)] = [
            ("--sha256", sha256 != nil), ("--from-archive", fromArchive), ("--variant", variant != nil),
            ("--skip-suite", !allowed.skipSuite.isEmpty), ("--allow-expired", allowed.allowExpired),
            ("--allow-unsigned", allowed.allowUnsigned), ("--keyring", sources.keyring != nil),
            ("--mirror", sources.mirror != nil), ("--keep-credentials", keepCredentials),
        ]
        if let option = said.first(where: \.1)?.0 {
            throw ValidationError(
                "\(option) does not apply to images; configure registries, keys and signatures in containers-image's files"
            )
        }
    }

    func base(of image: ImageSource) throws -> Base {
        Base(image, for: try arch.map { try Catalogue.architecture($0) } ?? .arm64)
    }
}
