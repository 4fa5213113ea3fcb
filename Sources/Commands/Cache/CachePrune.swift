// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Sandbox
internal import Terminal

struct CachePrune: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Delete cached files, and list them.",
        discussion: """
            Keeps what a run or build in progress uses, and tools trees of existing roots unless --all is given. \
            Deleted files can be downloaded or made again.
            """)

    @Option(help: ArgumentHelp("Keep entries used within this many days.", valueName: "days"))
    var olderThan: Int?

    @Option(
        help: ArgumentHelp(
            "Keep this much of the most recently used, such as 20G.", valueName: "size"))
    var maxSize: String?

    @Flag(help: "Also delete the tools trees of existing roots.")
    var all = false

    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var output: FormatOptions

    func validate() throws {
        guard (0...36_500).contains(olderThan ?? 0) else {
            throw ValidationError("--older-than: expected a number of days")
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
