// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct Shell: ParsableCommand, PassesStatus {
    static let configuration = CommandConfiguration(
        abstract: "Start a login shell in a root.",
        discussion: """
            Uses the user's shell from the root's /etc/passwd. DISTRO:RELEASE makes a root for this shell only; an image \
            (oci:debian:12) is kept, and changes to it are discarded.
            """)

    @OptionGroup var options: RunOptions

    @OptionGroup var target: RunTarget

    func run() throws {
        try target.run(options) { _, _ in [] }
    }
}
