// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Failures
internal import Filesystem
internal import Provisioning
internal import SystemPackage
internal import Terminal

struct Lock: ParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        abstract: "Write a lock file, to make the same root again.",
        discussion: """
            The lock file lists every package, or the tarball, by digest; "mangrove create NAME --locked FILE" makes a \
            root from exactly these. Later changes to the root are not included.
            """)

    @Argument(help: "The root.", completion: Completions.roots)
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
            report.warn("changed since: \(named); the lock file lists the original packages")
        }
        if output == "-" { return try Console.print(StyledText(String(decoding: lock.encoded(), as: UTF8.self))) }
        try AtomicFile.write(lock.encoded(), to: path)
        report.say("wrote \(output)")
    }
}
