// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Terminal

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List roots.", aliases: ["ls"])

    @OptionGroup var output: FormatOptions

    func run() throws {
        let found = try RootStore(Surroundings.locations().roots).list()
        for failure in found.damaged { FailureRendering(failure).show(as: nil) }
        try OutputRendering.show(RootList(roots: found.records), as: output.format)
    }
}

/// `list`: an array of roots.
struct RootList: Report {
    let roots: [RootRecord]

    var document: [RootRecord] { roots }

    var text: StyledText {
        var table = Table(
            [
                Table.Column("name"), Table.Column("distro"), Table.Column("release"), Table.Column("version"),
                Table.Column("architecture"), Table.Column("verified"), Table.Column("created"), Table.Column("path"),
            ])
        for root in roots {
            table.add(
                [
                    root.name.description, root.distro, root.release, root.version, root.architecture,
                    root.verified.how.rawValue, root.created,
                    root.removedInPart == true ? "\(root.path) (removed in part)" : root.path,
                ])
        }
        return table.text
    }
}
