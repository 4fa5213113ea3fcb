// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// Standard descriptors and others.
    @Suite struct StreamTests {
        @Test(arguments: Who.allCases)
        func inputOutputAndErrorsAreTheCommands(who: Who) throws {
            try Home.with(who) { (home) throws in
                let program = try home.start(
                    ["run", "box", "--", "sh", "-c", "tr a-z A-Z; echo bad >&2"], input: .pipe)
                program.write("some words\n")
                #expect(try program.wait() == .init(status: 0, output: "SOME WORDS\n", errors: "bad\n"))
            }
        }

        @Test func muchGoesThroughWhole() throws {
            try Home.with(.delegated) { (home) throws in
                let outcome = try home.run("seq", "1", "200000")
                #expect(outcome.status == 0)
                #expect(outcome.output.utf8.count == 1_288_895)
            }
        }

        @Test func aReaderThatLeavesEndsTheWriter() throws {
            try Home.with(.delegated) { (home) throws in
                let program = try home.start(["run", "box", "--", "yes"])
                try program.await("y\ny\n")
                program.closeOutput()
                #expect(try program.wait().status == 128 + SIGPIPE)
            }
        }

        @Test(arguments: Who.allCases)
        func noOtherDescriptorGetsIn(who: Who) throws {
            try Home.with(who) { (home) throws in
                let secret = try OwnedDescriptor.open("/etc/hostname", .readOnly)
                let program = try home.start(
                    ["run", "box", "--", "sh", "-c", "for f in /proc/$$/fd/*; do echo ${f##*/}; done"],
                    keeping: [(secret.rawValue, 7), (secret.rawValue, 40)])
                // 3 is the directory that is read.
                #expect(try program.wait().output == "0\n1\n2\n3\n")
            }
        }

        /// Else the next file that mangrove opened would be the command's standard output, and be written to.
        @Test(arguments: [[0], [1], [2], [0, 1], [1, 2], [0, 1, 2]])
        func closedOnesAreNothingElse(closed: [Int]) throws {
            try Home.with(.delegated) { (home) throws in
                func stream(_ number: Int, _ open: Program.Stream) -> Program.Stream {
                    closed.contains(number) ? .closed : open
                }
                let before = try home.contents()
                let program = try home.start(
                    ["run", "box", "--", "sh", "-c", "echo out; echo err >&2; read x; touch read-$?"],
                    input: stream(0, .null), output: stream(1, .pipe), errors: stream(2, .pipe))
                let outcome = try program.wait()
                if !closed.contains(1) { #expect(outcome.output == "out\n") }
                if !closed.contains(2) {
                    #expect(closed.contains(1) ? outcome.errors.hasSuffix("err\n") : outcome.errors == "err\n")
                }
                #expect(try home.contents() == before)
                #expect(try Directory.open(home.work).names().map(\.string) == ["read-1"])
            }
        }
    }
}
