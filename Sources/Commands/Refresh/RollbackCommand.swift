// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Terminal

struct RollbackCommand: ParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Return a root to an earlier generation.",
        discussion: """
            The current generation is kept; return to it by its number. refresh does not make it again until there is \
            something newer.
            """)

    @Argument(help: "The root.", completion: Completions.roots)
    var name: String

    @Argument(help: "The generation (default: the previous one).", completion: Completions.generations)
    var generation: Int?

    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var progress: ProgressOptions

    func run() throws {
        let store = RootStore(try Surroundings.locations().roots)
        if !dryRun.isDryRun { _ = store.sweep(using: try Surroundings.workers()) }
        let rollback = try Rollback(name, to: generation, in: store)
        let (from, to) = (rollback.from, rollback.to)
        guard !dryRun.isDryRun else {
            return try Console.print(
                "generation \(from.generation), \(from.version) of \(from.created)\n"
                    + "→ generation \(to.generation), \(to.version) of \(to.created)\n")
        }
        try rollback.perform()
        Progress(progress.form).say("\(name) is generation \(to.generation) again, \(to.version) of \(to.created)")
    }
}
