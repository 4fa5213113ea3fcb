// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct Shell: ParsableCommand, PassesStatus {
    static let configuration = CommandConfiguration(
        abstract: "Start a login shell in a root.",
        discussion: "Uses the user's shell from the root's /etc/passwd.")

    @OptionGroup var options: RunOptions

    @Argument(help: "The root.", completion: Completions.roots)
    var name: String

    func run() throws {
        try options.run([], in: name)
    }
}
