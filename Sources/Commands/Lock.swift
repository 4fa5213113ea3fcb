// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Failures
internal import Filesystem
internal import Provisioning
internal import SystemPackage
internal import Terminal

struct Lock: ParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        abstract: "Write down what a root was made of, to make it again.",
        discussion: """
            The lock file names every package, or the tarball, by its digest; "mangrove create NAME --locked FILE" makes a root \
            of these and of nothing else. What was changed in the root since is not in it.
            """)

    @Argument(help: "The root.")
    var name: String

    @Option(
        help: ArgumentHelp("Where to write it; - is standard output.", valueName: "file"), completion: .file())
    var output = LockFile.name.string

    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var progress: ProgressOptions

    func run() throws {
        let store = RootStore(try Surroundings.locations().roots)
        let root = try store.find(name)
        let lock = try store.lockFile(of: root)
        let path = Surroundings.workingDirectory.pushing(FilePath(output))
        if dryRun.isDryRun {
            let what = lock.packages.map { counted($0.count, "package") } ?? "the tarball \(lock.tarball?.name ?? "")"
            return try Console.print("write \(what) to \(output == "-" ? "standard output" : path.string)\n")
        }
        let report = Progress(progress.form)
        defer { report.stop() }
        let changes = store.changes(of: root, since: lock)
        if !changes.isEmpty {
            let named = changes.prefix(4).joined(separator: ", ") + (changes.count > 4 ? "…" : "")
            report.warn("changed since: \(named); the lock file is of what the root was made of")
        }
        if output == "-" { return try Console.print(StyledText(String(decoding: lock.encoded(), as: UTF8.self))) }
        try AtomicFile.write(lock.encoded(), to: path)
        report.say("wrote \(output)")
    }
}
