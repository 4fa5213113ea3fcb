// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Terminal

struct CacheList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the contents of the cache.", aliases: ["ls"])

    @OptionGroup var output: FormatOptions

    func run() throws {
        let cache = Cache(try Surroundings.locations().cache)
        try OutputRendering.show(
            CacheReport(entries: try cache.entries(using: Surroundings.workers())), as: output.format)
    }
}

/// `cache list` and `cache prune`: an array of files.
struct CacheReport: FittingReport {
    let entries: [Cache.Entry]

    var document: [Cache.Entry] { entries }

    func text(width: Int?) -> StyledText {
        var table = Table(
            [
                Table.Column("name"), Table.Column("size", numeric: true), Table.Column("frees", numeric: true),
                Table.Column("used", optional: true), Table.Column("path", optional: true),
            ])
        for entry in entries {
            table.add([
                entry.name, Quantity.bytes(entry.size), Quantity.bytes(entry.frees), entry.used, entry.path,
            ])
        }
        return table.text(width: width)
    }
}
