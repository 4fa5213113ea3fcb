// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Catalogue
internal import SystemPackage

/// What distros there are.
struct CatalogueOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Merge this file into the built-in distros.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var distros: String?

    func load() throws -> Catalogue { try Self.load(distros) }

    /// The built-in distros with those of the machine, and of `file` or else the user's.
    static func load(_ file: String? = nil) throws -> Catalogue {
        let environment = Surroundings.environment
        func path(_ name: String) -> FilePath? { environment[name].flatMap { $0.isEmpty ? nil : FilePath($0) } }
        let system = path("MANGROVE_SYSTEM_CONFIG") ?? "/etc/mangrove"
        return try Catalogue.load(
            systemFile: system.appending("distros.json"),
            userFile: file.map { FilePath($0) } ?? path("MANGROVE_DISTROS"))
    }
}
