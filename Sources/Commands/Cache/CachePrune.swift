// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Terminal

struct CachePrune: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Delete what was downloaded, and tools trees; what is deleted is listed.")

    @Option(help: "Keep what was used within so many days.")
    var olderThan = 0

    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var output: FormatOptions

    func validate() throws {
        guard (0...36_500).contains(olderThan) else { throw ValidationError("--older-than takes a number of days") }
    }

    func run() throws {
        let cache = Cache(try Surroundings.locations().cache)
        let pruned = try cache.prune(olderThan: olderThan, dryRun: dryRun.isDryRun, using: Surroundings.workers())
        try OutputRendering.show(CacheReport(entries: pruned), as: output.format)
    }
}
