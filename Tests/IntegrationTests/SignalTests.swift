// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// Signals that mangrove gets while a command runs.
    @Suite struct SignalTests {
        /// Counts what comes, and ends with the number of times on SIGUSR2.
        private static let counting = """
            n=0; trap 'n=$((n+1))' SIGNAL; trap 'echo got $n; exit 3' USR2
            echo ready; while :; do sleep 0.02; done
            """

        @Test(arguments: [("INT", SIGINT), ("TERM", SIGTERM), ("HUP", SIGHUP), ("USR1", SIGUSR1), ("QUIT", SIGQUIT)])
        func eachReachesTheCommandOnce(name: String, number: Int32) throws {
            try Home.with(.delegated) { (home) throws in
                let script = Self.counting.replacingOccurrences(of: "SIGNAL", with: name)
                let program = try home.start(["run", "box", "--", "sh", "-c", script])
                try program.await("ready")
                program.send(number)
                usleep(300_000)
                program.send(SIGUSR2)
                let outcome = try program.wait()
                // The shell may tell how the sleep in its group ended.
                #expect(outcome.status == 3)
                #expect(outcome.output == "ready\ngot 1\n")
            }
        }

        @Test(arguments: Who.allCases)
        func theyEndACommandThatDoesNothingAboutThem(who: Who) throws {
            try Home.with(who) { (home) throws in
                for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1] {
                    let program = try home.start(["run", "box", "--", "sh", "-c", "echo ready; exec sleep 60"])
                    try program.await("ready")
                    program.send(number)
                    // It is the command's status that is passed on: mangrove itself exits.
                    #expect(try program.wait().status == 128 + number)
                    #expect(program.hasExited)
                }
            }
        }

        /// nohup(1).
        @Test func whatIsIgnoredStaysIgnored() throws {
            try Home.with(.root) { (home) throws in
                let program = try home.start(
                    ["run", "box", "--", "sh", "-c", "echo ready; read x; echo $x"], input: .pipe, ignoring: [SIGHUP])
                try program.await("ready")
                program.send(SIGHUP)
                usleep(100_000)
                program.write("alive\n")
                #expect(try program.wait() == .init(status: 0, output: "ready\nalive\n", errors: ""))
            }
        }

        /// A program that a command has begun and waits for, here git, is told of a signal that the command gets.
        @Test func whatACommandWaitsForEndsWithIt() throws {
            try Home.with(.root) { home in
                let programs = home.work.appending("programs")
                try programs.makeDirectories()
                let end = home.work.appending("end")
                let script = """
                    #!/bin/sh
                    trap 'echo told >\(end); exit 1' TERM
                    echo begun
                    i=0; while [ $i -lt 300 ]; do sleep 0.1; i=$((i + 1)); done

                    """
                try AtomicFile.write(
                    Array(script.utf8), to: programs.appending("git"), permissions: FilePermissions(rawValue: 0o755))
                let build = try home.start(
                    ["build", "https://example.org/x.git"], environment: ["PATH": "\(programs):/usr/bin:/bin"])
                try build.await("begun")
                build.send(SIGTERM)
                #expect(try build.wait().status == 128 + SIGTERM)
                #expect(try end.readFile() == Array("told\n".utf8))
            }
        }

        /// A shell's ^Z and fg.
        @Test func aStopStopsTheRunUntilItIsContinued() throws {
            try Home.with(.delegated) { (home) throws in
                let ticks = home.work.appending("ticks")
                // In a group of its own below a parent in the same session, as a shell with job control makes it:
                // else the kernel lets nothing stop it.
                let program = try home.start(
                    [
                        "run", "box", "--", "sh", "-c",
                        "setsid sh -c 'while :; do echo >> ticks; sleep 0.02; done' & echo ready; wait",
                    ], newGroup: true)
                try program.await("ready")
                func size() -> Int { (try? ticks.readFile().count) ?? 0 }
                program.send(SIGTSTP)
                usleep(300_000)
                #expect(program.isStopped)
                let stopped = size()
                usleep(200_000)
                #expect(size() == stopped)
                program.send(SIGCONT)
                usleep(300_000)
                #expect(size() > stopped)
                program.send(SIGTERM)
                #expect(try program.wait().status == 128 + SIGTERM)
            }
        }
    }
}
