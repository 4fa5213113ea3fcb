// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Processes
internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// The source as a build sees it.
struct BuildSource {
    private let directory: FilePath
    private let mode: Recipe.SourceMode
    private let target: FilePath
    private let changes: FilePath

    /// Makes the copy, if one is needed.
    init(_ request: BuildRequest, in place: Workspace.Place) throws(ProvisioningError) {
        (mode, target, changes) = (request.recipe.source, request.directory, place.sourceChanges)
        directory = mode == .copy ? place.copy : request.source
        guard mode == .copy else { return }
        try below { () throws(FilesystemError) in
            let child = try ChildProcess.run(
                "/bin/cp", ["-a", "--reflink=auto", "--", request.source.string, place.copy.string],
                timeout: .seconds(3600))
            if !child.succeeded { throw FilesystemError("copy", request.source, .ioError) }
        }
    }

    /// The build's changes do not affect the host's source.
    var belongsToBuild: Bool { mode != .mount }

    func add(to request: inout RunRequest) {
        if mode == .overlay {
            request.layered.append(LayeredDirectory(directory, changes: changes, target: target))
        } else {
            request.binds.append(BindOption(source: directory, target: target))
        }
    }

    /// The same, for a tree mounted at `tree`.
    func steps(below tree: FilePath) -> [MountStep] {
        let place = tree.appending(target.components)
        return mode == .overlay
            ? LayeredDirectory(directory, changes: changes, target: place).steps
            : [.bind(source: directory, target: place, readOnly: true, optional: false)]
    }
}
