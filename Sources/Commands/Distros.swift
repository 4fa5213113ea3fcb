// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Catalogue
internal import Terminal

struct Distros: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List distros that can be provisioned.",
        discussion: "A narrow terminal shows the architectures only if you name a distro.")

    @Argument(help: "The distro (default: all).", completion: Completions.distros)
    var distro: String?

    @OptionGroup var catalogue: CatalogueOptions
    @OptionGroup var output: FormatOptions

    func run() throws {
        let catalogue = try catalogue.load()
        let wanted = try distro.map { [try catalogue.distro($0)] } ?? catalogue.distros
        try OutputRendering.show(DistroReport(distros: wanted), as: output.format)
    }
}

/// `distros`: an array of distros with their releases.
struct DistroReport: FittingReport {
    struct Item: Encodable {
        struct Release: Encodable {
            let release: String
            let codename: String?
            let aliases: [String]
            let architectures: [String]
            /// A day, "2029-05-31".
            let endOfLife: String?
            /// Whether that day has passed.
            let ended: Bool
        }

        let distro: String
        let title: String
        let aliases: [String]
        let kinds: [String]
        let verification: String
        let packageManager: String
        /// What is meant where no release is named.
        let defaultRelease: String
        let releases: [Release]
    }

    let distros: [Distro]

    var document: [Item] {
        distros.map { distro in
            Item(
                distro: distro.name, title: distro.title, aliases: distro.aliases, kinds: distro.kinds,
                verification: distro.verification, packageManager: distro.packageManager,
                defaultRelease: distro.defaultRelease,
                releases: distro.releases.map { release in
                    Item.Release(
                        release: release.number, codename: release.codename, aliases: release.aliases,
                        architectures: release.architectures.map(\.rawValue),
                        endOfLife: release.endOfLife?.description, ended: release.isPastEndOfLife())
                })
        }
    }

    func text(width: Int?) -> StyledText {
        let isOne = distros.count == 1
        var table = Table(
            [
                Table.Column("distro"), Table.Column("release"), Table.Column("also", wrapped: true),
                Table.Column("end of life"), Table.Column("architectures", optional: !isOne, wrapped: isOne),
                Table.Column("verified by", optional: true, wrapped: true),
            ])
        for item in document {
            for release in item.releases {
                let names = ([release.codename].compactMap(\.self) + release.aliases).joined(separator: " ")
                let end = release.endOfLife.map { $0 + (release.ended ? " (past)" : "") } ?? "-"
                table.add(
                    [
                        item.distro, release.release, names, end, release.architectures.joined(separator: " "),
                        item.verification,
                    ])
            }
        }
        return table.text(width: width)
    }
}
