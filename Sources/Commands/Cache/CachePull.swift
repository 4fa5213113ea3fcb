// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Sandbox
internal import Terminal

struct CachePull: ParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Take tools trees and the roots of builds from a registry.",
        discussion: """
            What is here already stays. Programs in tools trees are executed on this machine: whoever may write to the \
            repository decides which, unless containers-policy.json(5) requires a signature.
            """)

    @OptionGroup var shared: SharedCacheOptions

    @Flag(help: "Take what nobody has to have signed.")
    var allowUnsigned = false

    @Flag(help: ArgumentHelp("Say nothing where the registry has none, but fail.", visibility: .private))
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
            if isThere { report.say("\(entry) is here") }
            guard isThere || wanted.isEmpty else {
                if ifThere { throw ExitCode(1) }
                throw ValidationError("\(cache.repository) has no \(entry) for this machine")
            }
        }
        if missing.isEmpty { report.say("nothing is missing here") }
    }
}
