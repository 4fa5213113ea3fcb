// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Failures
internal import Filesystem
internal import Provisioning
internal import SystemPackage
internal import Terminal

struct Remove: ParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        abstract: "Delete roots.",
        discussion: "Refuses while something runs or is mounted in a root.", aliases: ["rm"])

    @Argument(help: "The roots.", completion: Completions.roots)
    var names: [String]

    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var progress: ProgressOptions

    func run() throws {
        let store = RootStore(try Surroundings.locations().roots)
        let workers = try Surroundings.workers()
        // All are looked at before the first is touched.
        let roots = try names.map { try store.requireRemovable($0) }
        if dryRun.isDryRun {
            for root in roots {
                // Of one that was removed in part the tree may be gone.
                let measured = try? workers.perform(.measure(path: root.path))
                guard root.removedInPart != true || measured != nil else { continue }
                guard case .measured(let usage) = try measured ?? workers.perform(.measure(path: root.path)) else {
                    continue
                }
                try Console.print(
                    "delete \(root.path): \(counted(usage.files, "file")), \(Quantity.bytes(usage.bytes))\n")
                try Console.print("delete \(store.path(of: root.name))\n")
            }
            return
        }
        Interruption.cleansUp()
        let report = Progress(progress.form)
        for failure in store.sweep(using: workers) { report.warn(failure.problem) }
        for root in roots {
            report.begin("removing \(root.name)")
            try store.remove(root.name.description, using: workers)
            report.end()
        }
    }
}
