// SPDX-License-Identifier: Apache-2.0

internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// One step of a recipe, as a run.
struct StepRun {
    private let step: Recipe.Step
    /// Runs before the recipe's steps, as root.
    private let isPreparation: Bool
    private let build: BuildRequest
    private let source: BuildSource
    private let cpu: String?

    init(_ step: Recipe.Step, isPreparation: Bool, _ build: BuildRequest, _ source: BuildSource, _ cpu: String?) {
        (self.step, self.isPreparation, self.build, self.source, self.cpu) = (step, isPreparation, build, source, cpu)
    }

    func request(
        in place: Workspace.Place, with caches: BuildCaches, _ hosts: DistributedCompilation?
    ) -> RunRequest {
        let recipe = build.recipe
        // -e: as a Makefile's lines, the first command that fails ends it.
        var request = RunRequest(command: ["/bin/sh", "-e", "-c", step.script])
        request.user = isPreparation ? "root" : step.user ?? recipe.user
        request.workingDirectory = step.directory.map { build.directory.pushing($0) } ?? build.directory
        request.isolatesNetwork = !(step.network ?? recipe.network)
        request.environment = recipe.environment.merging(step.environment) { $1 }
        request.environment["MANGROVE_JOBS"] = "\(build.jobs)"
        if let toolchain = build.toolchain { request.use(toolchain) }
        request.binds = recipe.binds
        request.limits = recipe.limits
        caches.add(to: &request)
        hosts?.add(to: &request, usesCcache: recipe.usesCcache == true)
        request.changes = place.rootChanges
        // A fixed name, because some programs write it into their output.
        request.hostname = "mangrove"
        request.cpu = cpu
        source.add(to: &request)
        request.hidden = build.hidden
        return request
    }
}

extension BuildRequest {
    /// Results of other builds are not part of this one's source. Paths in the root.
    var hidden: [FilePath] { output.below(source).map { [directory.pushing($0)] } ?? [] }
}

extension FilePath {
    /// What leads here from `directory`; nil where that is not above.
    fileprivate func below(_ directory: FilePath) -> FilePath? {
        guard starts(with: directory), self != directory else { return nil }
        return FilePath(root: nil, components.dropFirst(directory.components.count))
    }
}
