// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import Processes
import SystemPackage
import Testing

extension IntegrationTests {
    /// Bases made to keep mangrove waiting, to confuse it, or to be of no use.
    @Suite struct HostileBaseTests {
        struct Case: CustomTestStringConvertible, Sendable {
            let testDescription: String
            /// In what is said.
            let word: String
            var hasShell = true
            var hasEtc = true
            let change: @Sendable (inout TarBuilder) -> Void
        }

        static let refused = [
            Case(testDescription: "a closed top", word: "mode 0") { $0.add("./", .directory, mode: 0) },
            Case(testDescription: "a link for /etc", word: "/etc, found a symbolic link", hasEtc: false) {
                $0.add("other/", .directory, mode: 0o755)
                $0.add("etc", .symbolicLink, target: "other")
            },
            Case(testDescription: "a file for /etc", word: "/etc, found a file", hasEtc: false) {
                $0.add("etc", content: "x")
            },
            Case(testDescription: "a pipe for /dev", word: "/dev, found a named pipe") { $0.add("dev", .fifo) },
            Case(testDescription: "a file for /proc", word: "/proc, found a file") { $0.add("proc", content: "x") },
            Case(testDescription: "a link out for /tmp", word: "/tmp, found a symbolic link") {
                $0.add("tmp", .symbolicLink, target: "/no/where")
            },
            Case(testDescription: "a pipe for resolv.conf", word: "found a named pipe") {
                $0.add("etc/resolv.conf", .fifo)
            },
            Case(testDescription: "a directory for resolv.conf", word: "found a directory") {
                $0.add("etc/resolv.conf/", .directory, mode: 0o755)
            },
            Case(testDescription: "no shell", word: "no /bin/sh", hasShell: false) { _ in },
            Case(testDescription: "a pipe for a shell", word: "found a named pipe", hasShell: false) {
                $0.add("bin/sh", .fifo, mode: 0o755)
            },
            Case(testDescription: "a shell that is not executable", word: "not executable", hasShell: false) {
                $0.add("bin/sh", content: "x", mode: 0o644)
            },
            Case(testDescription: "a shell that is no program", word: "not a program", hasShell: false) {
                $0.add("bin/sh", content: "x", mode: 0o755)
            },
            Case(testDescription: "a hole map that is nonsense", word: "refusing an entry") {
                $0.add(
                    "s", content: "x",
                    pax: [
                        ("GNU.sparse.size", Array("100".utf8)), ("GNU.sparse.numblocks", Array("1".utf8)),
                        ("GNU.sparse.map", Array("9223372036854775000,1".utf8)),
                    ])
            },
        ]

        private func base(hasShell: Bool = true, hasEtc: Bool = true) throws -> TarBuilder {
            var tar = TarBuilder()
            tar.add("bin/", .directory, mode: 0o755)
            if hasEtc { tar.add("etc/", .directory, mode: 0o755) }
            tar.add("bin/busybox".utf8, content: try FilePath("/bin/busybox").readFile(), target: "".utf8, mode: 0o755)
            if hasShell { tar.add("bin/sh", .symbolicLink, target: "busybox") }
            return tar
        }

        private func create(_ tar: TarBuilder, in home: Home) throws -> Program.Outcome {
            let file = home.work.appending("base.tar")
            try AtomicFile.write(tar.finished, to: file)
            return try home.mangrove("create", "new", "--from", file.string, "--arch", "amd64", "--no-accelerate")
        }

        @Test(arguments: Who.allCases)
        func isRefusedWithTheReason(who: Who) throws {
            try Home.with(who) { (home) throws in
                for hostile in Self.refused {
                    var tar = try base(hasShell: hostile.hasShell, hasEtc: hostile.hasEtc)
                    hostile.change(&tar)
                    let outcome = try create(tar, in: home)
                    #expect(outcome.status == 65, "\(hostile.testDescription): \(outcome.errors)")
                    #expect(outcome.errors.contains(hostile.word), "\(hostile.testDescription): \(outcome.errors)")
                    #expect(try home.roots() == ["box"])
                }
            }
        }

        @Test func idsBeyondTheRangeAreRefused() throws {
            try Home.with(.delegated) { (home) throws in
                var tar = try base()
                tar.add("f", content: "x", user: 1_999_999, group: 1_999_999)
                let outcome = try create(tar, in: home)
                #expect(outcome.status == 65, "\(outcome.errors)")
                #expect(outcome.errors.contains("1999999"), "\(outcome.errors)")
                #expect(try home.roots() == ["box"])
            }
        }

        @Test(arguments: Who.allCases)
        func devicesAndPipesDoNoHarm(who: Who) throws {
            try Home.with(who) { (home) throws in
                var tar = try base()
                tar.add("disk", .blockDevice, mode: 0o666, device: (8, 0))
                for name in ["etc/passwd", "etc/group", "etc/os-release", "etc/hosts", "etc/shells"] {
                    tar.add(name, .fifo)
                }
                let made = try create(tar, in: home)
                #expect(made.status == 0, "\(made.errors)")
                #expect(try Directory.open(home.tree("new")).status(of: "disk") == nil)
                #expect(try home.mangrove("inspect", "new").output.contains("disk: a device node"))
                for options in [["--dry-run"], []] {
                    let run = try home.start(["run"] + options + ["new", "--", "true"]).wait()
                    #expect(run.status == 125, "\(run.errors)")
                    #expect(run.errors.contains("expected a file, found a named pipe"), "\(run.errors)")
                }
                #expect(try home.mangrove("remove", "new").status == 0)
            }
        }

        @Test(arguments: Who.allCases)
        func pipesThatACommandMadeKeepNobodyWaiting(who: Who) throws {
            try Home.with(who) { (home) throws in
                let tree = home.tree()
                let names = [
                    "etc/os-release", "etc/resolv.conf", "etc/hosts", "etc/ld.so.conf", "etc/ld.so.preload",
                    "etc/nsswitch.conf", "etc/debian_version", "etc/shells", "etc/apt/sources.list",
                    "var/lib/dpkg/status", "lib/apk/db/installed", "usr/lib/os-release", "usr/bin/env", "usr/bin/perl",
                ]
                for name in names {
                    let path = tree.appending(FilePath(name).components)
                    try path.removingLastComponent().makeDirectories()
                    if let last = path.lastComponent {
                        try Directory.open(path.removingLastComponent()).removeTree(last)
                    }
                    try #require(mkfifo(path.string, 0o644) == 0)
                }
                try home.own(tree)
                #expect(try home.start(["run", "--dry-run", "box", "--", "true"]).wait().status == 0)
                #expect(try home.run("true").status == 0)
                #expect(try home.mangrove("inspect", "box").status == 0)
                #expect(try home.mangrove("export", "box", home.work.appending("out.tar").string).status == 0)
                #expect(try home.mangrove("remove", "box").status == 0)
            }
        }

        @Test(arguments: Who.allCases)
        func aRemovalThatStopsHalfWayIsFinishedByTheNext(who: Who) throws {
            try Home.with(who) { (home) throws in
                let directory = home.tree().appending("var")
                let change = { (flag: String) in
                    try ChildProcess.run("/usr/bin/chattr", [flag, directory.appending("tmp").string])
                }
                // Not every file system knows it.
                guard try change("+i").succeeded else { return }
                defer { _ = try? change("-i") }
                let first = try home.mangrove("remove", "box")
                #expect(first.status == 77, "\(first.errors)")
                #expect(first.errors.contains("removed in part") && first.errors.contains("var/tmp"), "\(first.errors)")
                let list = try home.mangrove("list").output
                #expect(list.contains("box") && list.contains("removed in part"))
                let run = try home.run("true")
                #expect(run.status == 125 && run.errors.contains("mangrove remove box"), "\(run.errors)")
                _ = try change("-i")
                #expect(try home.mangrove("remove", "box").status == 0)
                #expect(try home.roots().isEmpty)
            }
        }
    }
}
