// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Sandbox
internal import Terminal

struct CachePull: ParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Download tools trees and layers from a registry.",
        discussion: """
            Existing entries stay. This machine executes programs of tools trees: whoever may write to the repository \
            chooses them, unless containers-policy.json(5) requires a signature.
            """)

    @OptionGroup var shared: SharedCacheOptions

    @Flag(help: "Accept unsigned entries.")
    var allowUnsigned = false

    @Flag(help: ArgumentHelp("Fail silently if the registry has none.", visibility: .private))
    var ifThere = false

    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var progress: ProgressOptions

    func run() throws {
        try shared.perform(progress, acceptsUnsigned: allowUnsigned, pull)
    }

    private func pull(_ cache: SharedCache, _ report: Progress) throws {
        let wanted = shared.only.compactMap { SharedEntry(naming: $0) }
        let missing = try (wanted.isEmpty ? cache.offered() : wanted).filter { !cache.has($0) }
        if dryRun.isDryRun {
            return try Console.print(missing.map { "pull \($0) from \(cache.repository)\n" }.joined())
        }
        Interruption.cleansUp()
        let ownership: RootRecord.Ownership = try Surroundings.caller().identity.isSingle ? .caller : .archive
        for entry in missing {
            let isThere = try cache.pull(entry, ownership: ownership, using: Surroundings.workers())
            if isThere { report.say("pulled \(entry)") }
            guard isThere || wanted.isEmpty else {
                if ifThere { throw ExitCode(1) }
                throw ValidationError("\(cache.repository) has no \(entry) for this machine")
            }
        }
        if missing.isEmpty { report.say("everything exists already") }
    }
}
