// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Foundation
import Provisioning
import SystemPackage
import Testing

extension IntegrationTests {
    /// The completion of the command line, in a bash that a test types into.
    @Suite struct CompletionTests {
        /// bash that shows what words a completed command line has: `<inspect><box>`.
        private func withShell(_ body: (Home, Pseudoterminal) throws -> Void) throws {
            try Home.with(.delegated) { (home) throws in
                let terminal = try Pseudoterminal(columns: 200)
                let shell = try Program(
                    home.who.prefix + ["/usr/bin/bash", "--norc", "--noprofile", "-i"],
                    environment: [
                        "MANGROVE_HOME": home.directory.string, "HOME": home.scratch.string, "TERM": "dumb",
                        "PS1": "$ ",
                        "PATH": "\(Installation.program.removingLastComponent()):/usr/bin:/bin",
                    ],
                    directory: home.work, input: .terminal(terminal.path), output: .terminal(terminal.path),
                    errors: .terminal(terminal.path))
                terminal.type("bind 'set bell-style none'; source <(mangrove --generate-completion-script bash)\n")
                let shows = "{ command mangrove \"$@\"; return; }; printf '<%s>' \"$@\""
                terminal.type("mangrove() { [[ $1 = ---completion ]] && \(shows); }\n")
                terminal.type("echo rea''dy\n")
                try terminal.await("ready")
                try body(home, terminal)
                shell.send(SIGKILL)
            }
        }

        @Test func namesOfRootsAreCompleted() throws {
            try withShell { home, terminal in
                try home.add("other")
                // It is no file, even where there is one of the name.
                try home.work.appending("box").makeDirectories()
                let commands = "run shell inspect remove refresh lock rollback export".components(separatedBy: " ")
                for command in commands + ["tools build"] {
                    terminal.type("mangrove \(command) bo\t\n")
                    try terminal.await("<\(command.replacing(" ", with: "><"))><box>")
                }
                terminal.type("mangrove build --root ot\t\n")
                try terminal.await("<build><--root><other>")
                terminal.type("mangrove remove box ot\t\n")
                try terminal.await("<remove><box><other>")
            }
        }

        @Test func releasesAreCompletedAfterTheirColon() throws {
            try withShell { _, terminal in
                terminal.type("mangrove create new debian:bookw\t\n")
                try terminal.await("<create><new><debian:bookworm>")
                // The distro, and then the release.
                terminal.type("mangrove create newer deb\ttri\t\n")
                try terminal.await("<create><newer><debian:trixie>")
                terminal.type("mangrove build --base debian:tri\t\n")
                try terminal.await("<build><--base><debian:trixie>")
                terminal.type("mangrove distros ubu\t\n")
                try terminal.await("<distros><ubuntu>")
            }
        }

        @Test func generationsPackagesAndCacheEntriesAreCompleted() throws {
            try withShell { home, terminal in
                var record = try RootStore(home.directory.appending("roots")).find("box")
                record.generation = 71
                let old = home.directory.appending("roots").appending(".generation-71-box")
                try old.makeDirectories()
                try AtomicFile.write(record.encoded(), to: old.appending("root.json"))
                let cache = home.directory.appending("cache")
                let indices = cache.appending("archives").appending("indices")
                try indices.makeDirectories()
                try AtomicFile.write(Array("Package: gcc-arm\n\nPackage: make\n".utf8), to: indices.appending("aa"))
                try cache.appending("tools").appending("debian-13-arm64").makeDirectories()
                try home.own(home.directory)
                terminal.type("mangrove rollback box \t\n")
                try terminal.await("<rollback><box><71>")
                terminal.type("mangrove create new --package gc\t\n")
                try terminal.await("<create><new><--package><gcc-arm>")
                terminal.type("mangrove cache push --only tools:\t\n")
                try terminal.await("<cache><push><--only><tools:debian-13-arm64>")
            }
        }

        @Test func aFailureIsSilent() throws {
            try Home.with(.delegated) { (home) throws in
                for arguments in [
                    ["---completion"], ["---completion", "nonsense", "--", "x"],
                    ["---completion", "run", "--", "--no-such-option", "1", "1"],
                    ["---completion", "rollback", "--", "positional@1", "9", "9", "mangrove", "rollback"],
                ] {
                    let outcome = try home.start(arguments).wait()
                    #expect(outcome.errors == "" && outcome.output.allSatisfy(\.isWhitespace), "\(arguments)")
                }
                // A home that is another's.
                let outcome = try home.start(
                    ["---completion", "inspect", "--", "positional@0", "2", "0", "mangrove", "inspect", ""],
                    environment: ["MANGROVE_HOME": "/proc/1"]
                ).wait()
                #expect(outcome.errors == "" && outcome.status == 0)
            }
        }
    }
}
