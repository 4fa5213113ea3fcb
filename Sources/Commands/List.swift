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
struct RootList: FittingReport {
    let roots: [RootRecord]

    var document: [RootRecord] { roots }

    func text(width: Int?) -> StyledText {
        var table = Table(
            [
                Table.Column("name"), Table.Column("distro"), Table.Column("version", optional: true),
                Table.Column("arch"), Table.Column("created", optional: true), Table.Column("verified", optional: true),
                Table.Column("path", optional: true),
            ])
        for root in roots {
            let isRemoved = root.removedInPart == true
            table.add(
                [
                    isRemoved ? "\(root.name) (removed in part)" : root.name.description,
                    root.release.isEmpty ? root.distro : "\(root.distro):\(root.release)", root.version,
                    root.architecture, root.created, root.verified.how.rawValue, root.path,
                ])
        }
        return table.text(width: width)
    }
}
