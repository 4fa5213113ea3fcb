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

    func load() throws -> Catalogue {
        let chosen = distros ?? Surroundings.environment["MANGROVE_DISTROS"].flatMap { $0.isEmpty ? nil : $0 }
        return try Catalogue.load(userFile: chosen.map { FilePath($0) })
    }
}
