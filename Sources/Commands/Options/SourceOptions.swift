// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import SystemPackage

/// Where a base comes from, and how it is verified.
struct SourceOptions: ParsableArguments {
    @OptionGroup var catalogue: CatalogueOptions

    @Option(
        help: ArgumentHelp(
            "Use this mirror instead of the distro's.",
            valueName: "url"))
    var mirror: String?

    @Option(
        help: ArgumentHelp("Take the distro's keys from this file only.", valueName: "file"), completion: .file())
    var keyring: String?

    @Flag(help: "Refuse a base without a verified signature.")
    var requireSignature = false
}

extension SourceOptions {
    /// The same for another command.
    var words: [String] {
        var words: [String] = []
        if let mirror { words += ["--mirror", mirror] }
        if let keyringPath { words += ["--keyring", keyringPath.string] }
        if let distros = catalogue.distros {
            words += ["--distros", Surroundings.workingDirectory.pushing(FilePath(distros)).string]
        }
        if requireSignature { words.append("--require-signature") }
        return words
    }
}
