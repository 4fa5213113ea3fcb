// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Sandbox
internal import Terminal

struct CachePrune: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Delete what was downloaded and made, and can be again; what is deleted is listed.",
        discussion: """
            What a run or build in progress uses stays, as do the tools trees of the roots that there are, unless --all is \
            given.
            """)

    @Option(help: ArgumentHelp("Keep what was used within so many days.", valueName: "days"))
    var olderThan: Int?

    @Option(
        help: ArgumentHelp(
            "Keep so much, a number with K, M, G or T, of what was used last.", valueName: "size"))
    var maxSize: String?

    @Flag(help: "Delete the tools trees of roots that there are, too.")
    var all = false

    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var output: FormatOptions

    func validate() throws {
        guard (0...36_500).contains(olderThan ?? 0) else {
            throw ValidationError("--older-than takes a number of days")
        }
    }

    func run() throws {
        let locations = try Surroundings.locations()
        let cache = Cache(locations.cache)
        var pruning = Cache.Pruning(olderThan: olderThan)
        if let maxSize {
            guard let bytes = ResourceLimits.memory(parsing: maxSize) else {
                throw ValidationError("--max-size \(maxSize): expected a size such as 20G or 512M")
            }
            pruning.maximumSize = Int64(bytes)
        }
        if !all { pruning.roots = try RootStore(locations.roots).list().records }
        let pruned = try cache.prune(pruning, dryRun: dryRun.isDryRun, using: Surroundings.workers())
        try OutputRendering.show(CacheReport(entries: pruned), as: output.format)
    }
}
