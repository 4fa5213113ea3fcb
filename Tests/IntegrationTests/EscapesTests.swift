// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// What bases, archives and servers have in their names and messages does not steer a terminal.
    @Suite struct EscapesTests {
        /// Sets the window's title; erases the screen, in one character.
        private static let evil = "\u{1B}]0;owned\u{7}\u{9B}2J"

        /// What a terminal shows of `mangrove`, and how that ended.
        private func shown(_ home: Home, _ arguments: String...) throws -> (text: String, status: Int32) {
            let terminal = try Pseudoterminal()
            let program = try home.start(
                ["create"] + arguments, environment: ["TERM": "xterm"], input: .null,
                output: .terminal(terminal.path), errors: .terminal(terminal.path), before: [])
            let outcome = try program.wait()
            return (terminal.everything(), outcome.status)
        }

        /// Nothing but colours, and what draws progress.
        private func isTame(_ text: String) -> Bool {
            var rest = text
            for own in [
                "\r\n", "\u{1B}[K", "\u{1B}[0m", "\u{1B}[1m", "\u{1B}[1;31m", "\u{1B}[33m", "\u{1B}[2m", "\u{1B}[32m",
                "\r", "\n",
            ] {
                rest = rest.replacing(own, with: "")
            }
            return !rest.unicodeScalars.contains { $0.properties.generalCategory == .control }
        }

        private func refuse(_ home: Home, _ tar: TarBuilder) throws {
            let path = home.scratch.appending("evil.tar")
            try AtomicFile.write(tar.finished, to: path)
            let (text, status) = try shown(home, "evil", "--from", path.string)
            #expect(status == 65, "\(text)")
            #expect(text.contains("owned") && isTame(text), "\(text.debugDescription)")
        }

        @Test(arguments: [Who.root, .single])
        func ofAnArchive(who: Who) throws {
            try Home.with(who) { (home) throws in
                var tar = TarBuilder()
                tar.add("../\(Self.evil)", content: "x")
                try refuse(home, tar)
            }
        }

        @Test(arguments: [Who.root, .single])
        func ofARootsOSRelease(who: Who) throws {
            try Home.with(who) { (home) throws in
                let tree = home.scratch.appending("tree")
                try Busybox.make(in: tree)
                try AtomicFile.write(
                    Array("ID=x\(Self.evil)\nVERSION_ID=1\(Self.evil)\n".utf8), to: tree.appending("etc/os-release"))
                let tar = home.scratch.appending("base.tar")
                _ = try Program(
                    ["/usr/bin/tar", "-C", tree.string, "-cf", tar.string, "."], environment: ["PATH": "/usr/bin:/bin"],
                    directory: home.scratch
                ).wait()
                let made = try shown(home, "evil", "--from", tar.string)
                #expect(made.status == 0 && isTame(made.text), "\(made.text.debugDescription)")
                for arguments in [["list"], ["inspect", "evil"]] {
                    for format in ["table", "json"] {
                        let outcome = try home.start(arguments + ["--format", format]).wait()
                        #expect(outcome.status == 0 && outcome.output.contains("owned"))
                        #expect(isTame(outcome.output), "\(outcome.output.debugDescription)")
                    }
                }
            }
        }

        @Test func ofAnArchivesReleaseFilePackagesAndTheirWords() throws {
            try Home.withPackages(.delegated) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                func refuse(_ home: Home) throws {
                    let (text, status) = try shown(
                        home, "evil", "toy", "--arch", "amd64", "--distros", distros.string)
                    #expect(status == 65 && text.contains("owned") && isTame(text), "\(text.debugDescription)")
                }
                try mirror.publish(
                    "toad", PackageMirror.base([PackageMirror.package("a", "Essential: yes\nDepends: b\(Self.evil)\n")])
                )
                try refuse(home)
                var bad = PackageMirror.package("bad", "Essential: yes\n")
                bad.control = [("postinst", "#!/bin/sh\nprintf '\\033]0;owned\\007 it\\n' >&2\nexit 3\n")]
                try mirror.publish("toad", PackageMirror.base([bad]))
                try refuse(home)
            }
        }
    }
}
