// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Foundation
import SystemPackage
import Testing

extension IntegrationTests {
    /// The exit status of `mangrove run`.
    @Suite struct StatusTests {
        @Test(arguments: Who.allCases)
        func itIsTheCommandsOwn(who: Who) throws {
            try Home.with(who) { (home) throws in
                for status: Int32 in [0, 1, 7, 124, 125, 126, 127, 255] {
                    #expect(
                        try home.shell("exit \(status)") == .init(status: status, output: "", errors: ""))
                }
            }
        }

        @Test(arguments: Who.allCases)
        func aSignalThatEndsItIsAddedTo128(who: Who) throws {
            try Home.with(who) { (home) throws in
                for signal: Int32 in [9, 15, 6, 11] {
                    let outcome = try home.shell("kill -\(signal) $$; sleep 9")
                    #expect(outcome.status == 128 + signal)
                }
            }
        }

        @Test(arguments: Who.allCases)
        func aCommandThatIsNotThereIs127(who: Who) throws {
            try Home.with(who) { (home) throws in
                let outcome = try home.run("no-such-command", "x")
                #expect(outcome.status == 127)
                #expect(outcome.errors.contains("no-such-command: command not found in the root"))
                #expect(outcome.output == "")
                #expect(try home.run("/no/such/path").status == 127)
                #expect(try home.run("./relative").status == 127)
            }
        }

        @Test(arguments: Who.allCases)
        func oneThatCannotBeExecutedIs126(who: Who) throws {
            try Home.with(who) { (home) throws in
                let bin = home.tree().appending("usr/bin")
                func file(_ name: String, _ text: [UInt8], _ mode: CInterop.Mode) throws {
                    try AtomicFile.write(
                        text, to: bin.appending(name), permissions: FilePermissions(rawValue: mode))
                }
                try file("plain", Array("#!/bin/sh\n".utf8), 0o644)
                try file("orphan", Array("#!/no/such/shell\n".utf8), 0o755)
                try file("garbage", [1, 0, 2, 3], 0o755)
                let plain = try home.run("/usr/bin/plain")
                #expect(plain.status == 126)
                #expect(plain.errors.contains("cannot execute /usr/bin/plain in the root"))
                #expect(plain.errors.contains("Permission denied"))
                let orphan = try home.run("orphan")
                #expect(orphan.status == 126)
                #expect(orphan.errors.contains("#! line"))
                let garbage = try home.run("garbage")
                #expect(garbage.status == 126)
                #expect(garbage.errors.contains("format"))
                #expect(try home.run("/usr/bin").status == 126)
            }
        }

        /// As execvp(3), and so env(1) and chroot(1), do it.
        @Test func aScriptWithoutItsFirstLineIsTheShells() throws {
            try Home.with(.root) { (home) throws in
                try AtomicFile.write(
                    Array("echo \"$0 $1 $#\"; exit 5\n".utf8), to: home.tree().appending("usr/bin/old"),
                    permissions: FilePermissions(rawValue: 0o755))
                #expect(
                    try home.run("old", "a b", "c")
                        == .init(status: 5, output: "/usr/bin/old a b 2\n", errors: ""))
            }
        }

        @Test(arguments: Who.allCases)
        func aFailureOfMangrovesIs125(who: Who) throws {
            try Home.with(who) { (home) throws in
                for (options, words) in [
                    (["--bind", "/no/such/source:/x"], "/no/such/source"), (["--workdir", "/nowhere"], "/nowhere"),
                    (["--user", "nosuchuser"], "nosuchuser"), (["--bind", "::"], "::"), (["--env", "x"], "KEY=VALUE"),
                    (["--nosuchoption"], "nosuchoption"),
                ] {
                    let outcome = try home.run("true", options: options)
                    #expect(outcome.status == 125, "\(options)")
                    #expect(outcome.errors.contains(words), "\(outcome.errors)")
                    #expect(outcome.errors.split(separator: "\n").count <= 3, "\(outcome.errors)")
                }
                #expect(try home.start(["run", "nosuchroot", "--", "true"]).wait().status == 125)
            }
        }

        @Test(arguments: Who.allCases)
        func aRootWhoseTreeIsGoneIsAnError(who: Who) throws {
            try Home.with(who) { (home) throws in
                try Directory.open(home.tree().removingLastComponent()).removeTree("rootfs")
                let outcome = try home.run("true")
                #expect(outcome.status == 125)
                #expect(outcome.errors.contains("rootfs"))
                #expect(outcome.errors.contains("No such file or directory"))
            }
        }

        /// What a process may be given depends on its stack's limit (execve(2)).
        @Test func whatIsTooMuchForTheKernelIsSaid() throws {
            try Home.with(.root) { (home) throws in
                // HOME and SHELL come from the root: with them it is more than mangrove itself was given.
                let long = String(repeating: "x", count: 100_000)
                try AtomicFile.write(
                    Array("big:x:5:5::/\(long):/\(long)\n".utf8), to: home.tree().appending("etc/passwd"))
                func run(_ count: Int) throws -> Program.Outcome {
                    try home.start(
                        ["run", "--user", "big", "box", "--", "sh", "-c", "echo $#", "sh"]
                            + Array(repeating: long, count: count),
                        before: ["/bin/sh", "-c", "ulimit -s 8192; exec \"$@\"", "sh"]
                    ).wait()
                }
                #expect(try run(18).output == "18\n")
                let more = try run(20)
                #expect(more.status == 126)
                #expect(more.errors.contains("Argument list too long"))
            }
        }
    }
}
