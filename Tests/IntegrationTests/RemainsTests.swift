// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// What is left after a run: nothing, however it ended.
    @Suite struct RemainsTests {
        /// Whether a process of the host has this in its arguments.
        private func isRunning(_ text: String) throws -> Bool {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").contains { name in
                guard Int(name) != nil, let line = try? FilePath("/proc/\(name)/cmdline").readFile() else {
                    return false
                }
                return String(decoding: line, as: UTF8.self).contains(text)
            }
        }

        private func awaitEnd(_ argument: String) throws {
            let deadline = Date(timeIntervalSinceNow: 10)
            while try isRunning(argument) {
                try #require(Date() < deadline, "\(argument) is still running")
                usleep(10_000)
            }
        }

        private func mounts() throws -> [UInt8] { try FilePath("/proc/self/mountinfo").readFile() }

        /// A number of seconds that no other process sleeps.
        private func seconds() -> String { "30\(UInt32.random(in: 1_000_000...9_999_999))" }

        @Test(arguments: Who.allCases)
        func aKilledMangroveTakesEverythingWithIt(who: Who) throws {
            try Home.with(who) { (home) throws in
                let before = try mounts()
                let seconds = seconds()
                let program = try home.start(
                    [
                        "run", "--bind", "\(home.work):/home/deep/er", "box", "--", "sh", "-c",
                        "sleep \(seconds) & setsid nohup sleep \(seconds) & sleep 0.1; echo ready; wait",
                    ])
                try program.await("ready")
                #expect(try isRunning(seconds) == true)
                program.send(SIGKILL)
                #expect(try program.wait().status == 128 + SIGKILL)
                try awaitEnd(seconds)
                #expect(try mounts() == before)
                // A mount point cannot be tidied up by a dead process. The next command does it.
                #expect(try Directory.open(home.tree().appending("home")).names().map(\.string) == ["deep"])
                #expect(try home.run("true", options: ["--bind", "\(home.work):/home"]).status == 0)
                #expect(try Directory.open(home.tree().appending("home")).names().isEmpty == true)
                #expect(try Directory.open(home.tree().removingLastComponent()).names().count == 3)
            }
        }

        @Test(arguments: Who.allCases)
        func aMountPointIsGoneAfterTheRun(who: Who) throws {
            try Home.with(who) { (home) throws in
                let before = try home.contents().map { $0.split(separator: " ")[0] }
                let outcome = try home.run(
                    "ls", "/home/deep/er", "/opt/file",
                    options: ["--bind", "\(home.work):/home/deep/er", "--bind", "/etc/hostname:/opt/file"])
                #expect(outcome.status == 0)
                #expect(try home.contents().map { $0.split(separator: " ")[0] } == before)
                #expect(try home.run("no-such", options: ["--bind", "\(home.work):/home/deep/er"]).status == 127)
                #expect(try home.contents().map { $0.split(separator: " ")[0] } == before)
            }
        }

        /// The caller may not write to a directory of a subordinate id.
        @Test func oneInSomebodyElsesDirectoryIsGoneToo() throws {
            try Home.with(.delegated) { (home) throws in
                #expect(try home.shell("mkdir /home/b; chown 7:8 /home/b").status == 0)
                #expect(
                    try home.shell("echo x > /home/b/c/d/new", options: ["--bind", "\(home.work):/home/b/c/d"]).status
                        == 0)
                #expect(try home.work.appending("new").readFile() == Array("x\n".utf8))
                #expect(try Directory.open(home.tree().appending("home/b")).names().isEmpty == true)
            }
        }

        @Test func runsAtOnceShareAMountPoint() throws {
            try Home.with(.delegated) { (home) throws in
                let arguments = ["run", "--bind", "\(home.work):/home/deep", "box", "--", "sh", "-c"]
                let long = try home.start(
                    arguments + ["echo ready; read x; echo 1 > /home/deep/late"], input: .pipe)
                try long.await("ready")
                #expect(try home.start(arguments + ["ls -d /home/deep"]).wait().output == "/home/deep\n")
                long.write("go\n")
                #expect(try long.wait().status == 0)
                #expect(try home.work.appending("late").readFile() == Array("1\n".utf8))
                #expect(try Directory.open(home.tree().appending("home")).names().isEmpty == true)
            }
        }

        /// One that starts while another tidies up is not refused.
        @Test func manyRunsAtOnceAllSucceed() throws {
            try Home.with(.delegated) { (home) throws in
                for _ in 0..<4 {
                    let runs = try (0..<8).map { _ in
                        try home.start(["run", "--bind", "\(home.work):/home/deep/er", "box", "--", "pwd"])
                    }
                    for run in runs {
                        #expect(try run.wait() == .init(status: 0, output: "\(home.work)\n", errors: ""))
                    }
                }
                #expect(try Directory.open(home.tree().appending("home")).names().isEmpty == true)
            }
        }

        @Test func whatOutlivesTheCommandEndsWithIt() throws {
            try Home.with(.delegated) { (home) throws in
                let seconds = seconds()
                #expect(try home.shell("setsid nohup sleep \(seconds) & exit 0").status == 0)
                try awaitEnd(seconds)
            }
        }

        @Test func orphansAreReaped() throws {
            try Home.with(.delegated) { (home) throws in
                let outcome = try home.shell(
                    "for i in 1 2 3 4 5; do (true &); done; sleep 0.3; cat /proc/[0-9]*/stat")
                #expect(outcome.output.contains(") S "))
                #expect(!outcome.output.contains(") Z "))
            }
        }

        @Test(arguments: Who.allCases)
        func aDryRunChangesNothing(who: Who) throws {
            try Home.with(who) { (home) throws in
                let before = try home.contents()
                let outcome = try home.run(
                    "touch", "/x", options: ["--dry-run", "--bind", "\(home.work):/home/deep"])
                #expect(outcome.status == 0)
                #expect(outcome.output.contains("root: \(home.tree())\n"))
                #expect(outcome.output.contains("mount: bind \(home.work) at /home/deep\n"))
                #expect(outcome.output.hasSuffix("command: touch /x\n"))
                #expect(try home.contents() == before)
            }
        }
    }
}
