// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Catalogue
internal import Filesystem
internal import Images
internal import Integrity
internal import PackageArchive
internal import SystemPackage

/// What `create` would do.
package struct CreationPlan: Codable, Equatable, Sendable {
    package let name: String
    package let distro: String?
    package let release: String?
    package let version: String?
    package let architecture: String?
    /// Where the base is: URLs, best first, or one path.
    package let sources: [String]
    /// What it must be, where that is known: `sha256:…`.
    package var digest: String?
    package let verification: Verification.Means
    /// Where the tree will be.
    package let path: String
    package let replaces: Bool
    package let packages: [String]
    /// Made from an archive: everything the root gets, `NAME=VERSION`.
    package var selected: [String]?
    /// True if the base is a directory, which is copied.
    package var copies: Bool?
}

extension Creation {
    /// What `create` would do; nothing but the archive's indices is fetched.
    package func plan(
        _ request: CreationRequest, from bootstrap: BootstrapRequest
    ) async throws(ProvisioningError) -> CreationPlan {
        let resolved = try await resolve(request, bootstrap)
        let selection = bootstrap.base.selection
        var plan = CreationPlan(
            name: request.name.description, distro: selection.distro.name, release: selection.release.number,
            version: nil, architecture: selection.architecture.rawValue,
            sources: resolved.suites.map { "\($0.uri) \($0.name)" }, digest: nil, verification: .signature,
            path: path(of: request), replaces: request.replaces, packages: request.packages)
        plan.selected = resolved.packages.map { "\($0.name)=\($0.version)" }
        return plan
    }

    func path(of request: CreationRequest) -> String {
        (request.directory ?? store.path(of: request.name).appending(RootStore.tree)).string
    }

    /// What `create` would do; throws what it would throw before it downloads the base. Of an image, the registry is
    /// asked. Blocks.
    package func plan(_ request: CreationRequest, from base: Base) throws(ProvisioningError) -> CreationPlan {
        try store.requireFree(request.name, replacing: request.replaces)
        try admit(base, request)
        if request.requiresSignature, !base.isSigned, base.image == nil {
            throw ProvisioningError(.notSigned(base.title))
        }
        let sources =
            switch base.place {
            case .remote(let urls): urls
            case .local(let path), .directory(let path): [path.string]
            case .image(let source): [source.description]
            }
        var plan = CreationPlan(
            name: request.name.description, distro: base.distro, release: base.release, version: base.version,
            architecture: base.architecture?.rawValue, sources: sources, digest: base.digest?.description,
            verification: base.signature == nil ? base.trust.how : .signature,
            path: path(of: request), replaces: request.replaces, packages: request.packages)
        if base.directory != nil { plan.copies = true }
        if let source = base.image, let architecture = base.architecture {
            plan.digest = try below { () throws(ImageError) in
                try images.announced(source, for: architecture)
            }
        }
        return plan
    }
}
