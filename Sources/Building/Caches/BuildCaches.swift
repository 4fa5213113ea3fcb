// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Filesystem
internal import Provisioning
internal import SystemPackage

/// The results of earlier builds that a build may use, as its recipe requests.
struct BuildCaches {
    private let compilation: CompilationCache?
    private let configure: ConfigureCache?

    /// `environment`: the caller's.
    init(
        _ build: BuildRequest, in root: RootRecord, _ cache: Cache, _ place: Workspace.Place,
        _ environment: [String: String]
    ) throws(ProvisioningError) {
        let (recipe, isAny) = (build.recipe, build.recipe.usesCcache == true || build.recipe.usesConfigureCache == true)
        let installed = isAny ? (try? InstalledPackages(of: Directory.open(FilePath(root.path)))) : nil
        compilation =
            recipe.usesCcache == true ? try CompilationCache(for: root, installed, in: cache, environment) : nil
        configure =
            recipe.usesConfigureCache == true
            ? try ConfigureCache(
                for: "\(build.origin)", recipe.steps, in: root, installed, cache, copy: place.configure) : nil
    }

    func add(to request: inout RunRequest) {
        compilation?.add(to: &request)
        configure?.add(to: &request)
    }

    /// Called after a successful build.
    func keep() throws(ProvisioningError) { try configure?.keep() }
}
