// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// `mangrove run` and `shell` at a terminal.
    @Suite struct TerminalTests {
        private func with(
            _ who: Who, _ arguments: [String], _ body: (Pseudoterminal, Program) throws -> Void
        ) throws {
            try Home.with(who) { (home) throws in
                let terminal = try Pseudoterminal()
                // Held open, so that its modes outlive the program.
                let slave = open(terminal.path, O_RDWR | O_NOCTTY | O_CLOEXEC)
                defer { close(slave) }
                let program = try home.start(
                    arguments, environment: ["TERM": "dumb"], input: .terminal(terminal.path),
                    output: .terminal(terminal.path), errors: .terminal(terminal.path))
                try body(terminal, program)
            }
        }

        @Test(arguments: Who.allCases)
        func theCommandHasOneOfTheRunsOwn(who: Who) throws {
            let script = "tty; stty size; ls -l /proc/self/fd/2; echo $TERM; echo via-tty > /dev/tty; exit 9"
            try with(who, ["run", "box", "--", "sh", "-c", script]) { (terminal, program) throws in
                let shown = try terminal.await("via-tty")
                #expect(shown.contains("/dev/pts/0\r\n30 90\r\n"))
                #expect(shown.contains("-> /dev/pts/0\r\ndumb\r\n"))
                #expect(try program.wait().status == 9)
            }
        }

        /// Programs that are not root's open it by name.
        @Test func itBelongsToTheUserAskedFor() throws {
            let script = "echo own > $(tty) && echo $?"
            try with(.delegated, ["run", "--user", "build", "box", "--", "sh", "-c", script]) {
                (terminal, program) throws in
                try terminal.await("own\r\n0")
                #expect(try program.wait().status == 0)
            }
        }

        @Test func itsSizeFollowsTheCallers() throws {
            let script = "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done"
            try with(.delegated, ["run", "box", "--", "sh", "-c", script]) { (terminal, program) throws in
                try terminal.await("ready")
                terminal.resize(rows: 41, columns: 123)
                try terminal.await("41 123")
                program.send(SIGTERM)
                #expect(try program.wait().status == 128 + SIGTERM)
            }
        }

        @Test(arguments: Who.allCases)
        func controlCReachesTheCommandOnce(who: Who) throws {
            let script =
                "trap 'echo caught' INT; trap 'echo end; exit 6' TERM; echo ready; while :; do sleep 0.02; done"
            try with(who, ["run", "box", "--", "sh", "-c", script]) { (terminal, program) throws in
                try terminal.await("ready")
                terminal.type("\u{3}")
                try terminal.await("caught")
                usleep(200_000)
                program.send(SIGTERM)
                #expect(try terminal.await("end").components(separatedBy: "caught").count == 2)
                #expect(try program.wait().status == 6)
            }
        }

        @Test func theCallersIsRawDuringTheRunAndAsBeforeAfterIt() throws {
            for script in ["exit 0", "kill -9 $$"] {
                try with(.delegated, ["run", "box", "--", "sh", "-c", "echo ready; read x; \(script)"]) {
                    (terminal, program) throws in
                    #expect(terminal.echoes == true)
                    try terminal.await("ready")
                    #expect(terminal.echoes == false)
                    terminal.type("\n")
                    _ = try program.wait()
                    #expect(terminal.echoes == true)
                }
            }
        }

        @Test func whatIsTypedIsRead() throws {
            try with(.delegated, ["shell", "box"]) { (terminal, program) throws in
                terminal.type("echo $((6*7)) $0; exit 4\n")
                try terminal.await("42 /bin/sh")
                #expect(try program.wait().status == 4)
            }
        }

        /// Where neither side reads while the other is full, both wait for ever.
        @Test func aFullTerminalBlocksNothing() throws {
            try with(.delegated, ["run", "box", "--", "sh", "-c", "stty raw -echo; echo ready; cat"]) {
                (terminal, program) throws in
                try terminal.await("ready")
                let master = terminal.master
                let block = String(repeating: "0123456789", count: 30_000)
                let writer = Thread {
                    let bytes = Array((block + "END").utf8)
                    var done = 0
                    while done < bytes.count {
                        let rest = Array(bytes[done...])
                        let count = write(master, rest, rest.count)
                        if count <= 0 { return }
                        done += count
                    }
                }
                writer.start()
                #expect(try terminal.await("END").utf8.count >= block.utf8.count)
                program.send(SIGTERM)
                _ = try program.wait()
            }
        }

        /// A pipe is a pipe: nothing of a terminal is in what the command writes to it.
        @Test func aRedirectedOutputIsNoTerminal() throws {
            try Home.with(.delegated) { (home) throws in
                let terminal = try Pseudoterminal()
                let program = try home.start(
                    ["run", "box", "--", "sh", "-c", "test -t 1 || echo none"], input: .terminal(terminal.path))
                #expect(try program.wait() == .init(status: 0, output: "none\n", errors: ""))
                #expect(terminal.echoes == true)
            }
        }
    }
}
