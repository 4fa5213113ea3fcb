// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import ArgumentParser
internal import Provisioning
internal import SystemPackage
internal import Terminal

struct ToolsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tools trees that accelerate roots.", aliases: ["ls"])

    @OptionGroup var output: FormatOptions

    func run() throws {
        let trees = ToolsTrees(Cache(try Surroundings.locations().cache))
        let entries = try trees.store.list().records.filter { !trees.isSuperseded($0.name) }.map { record in
            let compilers = CompiledCompilers(trees, record.name).all.filter(\.isInstalled)
            return ToolsReport.Entry(
                name: record.name.description, distro: record.distro, release: record.release, created: record.created,
                path: record.path,
                compilers: compilers.map { .init(gcc: $0.version, packageVersion: $0.packageVersion) })
        }
        try OutputRendering.show(ToolsReport(entries: entries), as: output.format)
    }
}

/// `tools list`: an array of tools trees.
struct ToolsReport: FittingReport {
    struct Compiler: Encodable {
        /// The major version.
        let gcc: String
        /// Of the source package.
        let packageVersion: String
    }

    struct Entry: Encodable {
        let name: String
        let distro: String
        let release: String
        let created: String
        let path: String
        /// Those that were built from source.
        let compilers: [Compiler]
    }

    let entries: [Entry]

    var document: [Entry] { entries }

    func text(width: Int?) -> StyledText {
        var table = Table([
            Table.Column("name"), Table.Column("compilers from source", wrapped: true),
            Table.Column("created", optional: true), Table.Column("path", optional: true),
        ])
        for entry in entries {
            let compilers = entry.compilers.map { "gcc-\($0.gcc) \($0.packageVersion)" }
            table.add([entry.name, compilers.joined(separator: ", "), entry.created, entry.path])
        }
        return table.text(width: width)
    }
}
