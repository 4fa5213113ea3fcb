// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Catalogue
internal import Provisioning
internal import SystemPackage
internal import Terminal

/// Which archive of packages is meant, for commands that `build` executes.
struct ArchiveOptions: ParsableArguments {
    @Option(help: "DISTRO:RELEASE.")
    var base = "debian"

    @Option var architecture = Architecture.arm64
    @OptionGroup var allowed: AllowanceOptions
    @OptionGroup var sources: SourceOptions

    /// With what is to be believed of it.
    func archive(_ creation: Creation, _ configuration: Configuration) throws -> (BootstrapRequest, CreationRequest) {
        let selection = try sources.catalogue.load().select(base, architecture: architecture)
        let bootstrap = try BootstrapRequest(selection, mirror: sources.mirror(for: selection, creation, configuration))
        // No root comes of it.
        var request = CreationRequest(name: try RootName("archive"))
        request.keyring = sources.keyringPath
        request.allowances = allowed.allowances
        return (bootstrap, request)
    }
}

extension SourceOptions {
    /// Where to fetch from instead of the distro's mirrors.
    func mirror(for selection: BaseSelection, _ creation: Creation, _ configuration: Configuration) -> String? {
        let configured = configuration.mirror(of: selection.distro.name, isPinned: selection.snapshot != nil)
        return (mirror ?? configured).map(creation.bare)
    }

    var keyringPath: FilePath? { keyring.map { Surroundings.workingDirectory.pushing(FilePath($0)) } }
}

extension BootstrapRequest {
    /// The archive of `selection`.
    init(_ selection: BaseSelection, mirror: String?) throws {
        self.init(base: try selection.archive(mirror: mirror))
        self.mirror = mirror
    }
}
