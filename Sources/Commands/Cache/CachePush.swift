// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Terminal

struct CachePush: ParsableCommand, ShowsProgress {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Upload tools trees and layers to a registry.",
        discussion: "Share roots of your own as images: mangrove export NAME oci:REFERENCE.")

    @OptionGroup var shared: SharedCacheOptions

    @Option(help: ArgumentHelp("Sign with this gpg(1) key.", valueName: "fingerprint"))
    var signBy: String?

    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var progress: ProgressOptions

    func run() throws { try shared.perform(progress, push) }

    private func push(_ cache: SharedCache, _ report: Progress) throws {
        let entries = try shared.chosen(cache.own())
        guard !entries.isEmpty else {
            return report.say("nothing to push: no tools tree and no layer")
        }
        if dryRun.isDryRun {
            return try Console.print(entries.map { "push \($0) to \(cache.repository) as \($0.tag)\n" }.joined())
        }
        Interruption.cleansUp()
        for entry in entries {
            let digest = try cache.push(entry, signer: signBy, using: Surroundings.workers())
            report.say("\(entry): \(digest)")
        }
    }
}
