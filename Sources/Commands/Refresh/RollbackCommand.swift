// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Terminal

struct RollbackCommand: ParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Make an earlier generation of a root the current one again.",
        discussion: """
            What is there now is kept, and can be had again by its number. refresh does not make again what was rolled \
            back from, until there is something newer.
            """)

    @Argument(help: "The root.")
    var name: String

    @Argument(help: "The generation; the one before where none is given.")
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
