// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import ArgumentParser
internal import Building
internal import Catalogue
internal import Failures
internal import Filesystem
internal import FoundationEssentials
internal import Glibc
internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// The other end of `build --hosts`.
struct Worker: ParsableCommand, PassesStatus {
    static let configuration = CommandConfiguration(
        abstract: "Compile for a build on another machine.",
        discussion: """
            "build --hosts" starts it on other machines over ssh. It makes a root with compilers of the requested \
            versions, or fails if they are unavailable, and passes connections to distccd(1) in it, without network. \
            It exits at the end of standard input.
            """)

    @Option(
        help: ArgumentHelp("The distro and release of the compilers.", valueName: "distro:release"),
        completion: Completions.releases)
    var base: String

    @Option(help: ArgumentHelp("The target architecture.", valueName: "architecture"))
    var arch: String

    @Option(
        name: .customLong("package"),
        help: ArgumentHelp(
            "A compiler package and its required version. Repeatable.", valueName: "name=version"))
    var packages: [String] = []

    @Option(help: ArgumentHelp("Listen here, in a directory made for it.", valueName: "path"))
    var socket: String

    @Option(help: ArgumentHelp("The number of concurrent compilations.", valueName: "number"))
    var jobs = 1

    @OptionGroup var catalogue: CatalogueOptions

    /// sun_path of unix(7), its end included.
    private static let longestSocket = 107

    func validate() throws {
        guard jobs > 0 else { throw ValidationError("expected a number of jobs greater than 0") }
        guard CompilerVersions(parsing: packages) != nil, !packages.isEmpty else {
            throw ValidationError("expected --package NAME=VERSION, once or more")
        }
        guard FilePath(socket).isAbsolute, socket.utf8.count <= Self.longestSocket,
            FilePath(socket).lastComponent == WorkerPlace.socketName
        else { throw ValidationError("expected an absolute path of at most \(Self.longestSocket) bytes to .../socket") }
    }

    func run() throws {
        try Console.print("\(WorkerPlace.begun)\n")
        let locations = try Surroundings.locations()
        guard let wanted = CompilerVersions(parsing: packages) else { return }
        guard try !Surroundings.caller().identity.isSingle else {
            throw RecipeError(
                "this user has only one id", cause: "distccd needs a second one to run as",
                remedy:
                    "give the user subordinate ids: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
                    + "USER", status: .notPermitted)
        }
        let directory = FilePath(socket).removingLastComponent()
        // Fails where somebody else has made it.
        guard unsafe mkdir(directory.string, 0o700) == 0 else {
            throw ProvisioningError(FilesystemError("create", directory, .last))
        }
        defer {
            _ = unsafe unlink(socket)
            _ = unsafe rmdir(directory.string)
        }
        let name = try compilers(wanted, locations)
        var settings = RunSettings()
        settings.throwaway = true
        settings.isolatesNetwork = true
        settings.bind = ["\(directory):\(WorkerPlace.directory)"]
        settings.workdir = "/"
        (settings.isPatient, settings.isInLayer) = (true, true)
        try settings.run(WorkerPlace.command(jobs: jobs), in: name)
    }

    /// The layer that has them.
    private func compilers(_ wanted: CompilerVersions, _ locations: Locations) throws -> String {
        let selection = try catalogue.load().select(base, architecture: try Catalogue.architecture(arch))
        let layer = try Layer(
            .distro(selection.releaseName), selection.architecture.rawValue,
            packages: wanted.names + WorkerPlace.packages, options: [])
        var difference: String?
        // The one that is there may be older than what the archive has. It is asked once a day.
        for isRenewed in [false, true] {
            let root = try layer.ensure(in: locations, isRenewed: isRenewed) {
                try OwnProcess.require(["create", "--as-layer"] + $0)
            }
            Cache.noteUse(ofLayer: RootStore(locations.layers).path(of: root.name))
            difference = wanted.difference(from: try? InstalledPackages(of: Directory.open(FilePath(root.path))))
            if difference == nil { return root.name.description }
            if root.created > Date.now.addingTimeInterval(-86_400).formatted(.iso8601) { break }
        }
        throw RecipeError(
            "this machine has different compilers: \(difference ?? "")",
            cause: "they may generate different code",
            remedy: "update the root that the build uses: mangrove build --renew", status: .unavailable)
    }
}
