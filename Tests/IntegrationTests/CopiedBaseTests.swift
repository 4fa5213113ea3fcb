// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// `mangrove create --from DIRECTORY`: trees that other tools made.
    @Suite struct CopiedBaseTests {
        /// A tree of busybox in `work/tree`, all of it `who`'s.
        private func makeTree(in home: Home, owned: Bool = true) throws -> FilePath {
            let tree = home.work.appending("tree")
            try Busybox.make(in: tree)
            try AtomicFile.write(
                Array("ID=toy\nVERSION_ID=7.1\n".utf8), to: tree.appending("etc/os-release"),
                permissions: FilePermissions(rawValue: 0o644))
            // As a saved container image has one, too.
            try AtomicFile.write(Array("{}".utf8), to: tree.appending("manifest.json"))
            if owned { try home.own(home.work) }
            return tree
        }

        private func create(_ home: Home, _ options: String...) throws -> Program.Outcome {
            try home.start(["create", "new"] + options + ["--no-accelerate"]).wait()
        }

        /// The host's id that is `id` in runs of `who`'s.
        private func hostID(_ id: UInt32, _ file: FilePath, _ who: Who) throws -> UInt32 {
            guard who != .root, id > 0 else { return id == 0 ? who.ids.user : id }
            let line = try String(decoding: file.readFile(), as: UTF8.self).split(separator: "\n")
                .first { $0.hasPrefix("\(who.account):") }
            let start = try #require(line?.split(separator: ":").dropFirst().first.flatMap { UInt32($0) })
            return start + id - 1
        }

        @Test(arguments: Who.allCases)
        func aTreeOfAnotherToolBecomesARoot(who: Who) throws {
            try Home.with(who) { (home) throws in
                let tree = try makeTree(in: home)
                let file = tree.appending("etc/file")
                try AtomicFile.write(Array("text\n".utf8), to: file)
                try #require(link(file.string, tree.appending("etc/second").string) == 0)
                if who == .single {
                    try home.own(tree)
                } else {
                    let user = try hostID(7, "/etc/subuid", who)
                    let group = try hostID(8, "/etc/subgid", who)
                    try #require(chown(file.string, user, group) == 0)
                }
                try #require(chmod(file.string, 0o4751) == 0)
                try #require(mkfifo(tree.appending("etc/pipe").string, 0o600) == 0)
                try Directory.open(tree.appending("etc")).makeSymbolicLink("loop", to: "loop")
                try #require(lchown(tree.appending("etc/pipe").string, who.ids.user, who.ids.group) == 0)
                try #require(lchown(tree.appending("etc/loop").string, who.ids.user, who.ids.group) == 0)
                let before = try status(of: file)

                let plan = try create(home, "--from", "tree", "--dry-run")
                #expect(plan.output.hasPrefix("copy \(tree)\n  to \(home.tree("new"))\n"), "\(plan)")
                #expect(try home.roots() == ["box"])

                let made = try create(home, "--from", "tree")
                #expect(made.status == 0, "\(made.errors)")
                #expect(!made.errors.contains("not copied") && !made.errors.contains("could not be created"))
                let question =
                    "stat -c '%a %u:%g %h %F' /etc/file /etc/pipe; stat -c %u:%g /; cat /etc/second; readlink /etc/loop"
                let run = try home.mangrove("run", "new", "--", "sh", "-c", question)
                let owner = who == .single ? "0:0" : "7:8"
                #expect(
                    run.output == "4751 \(owner) 2 regular file\n600 0:0 1 fifo\n0:0\ntext\nloop\n", "\(run)")
                #expect(try status(of: file) == before)

                // A change in one of them is none in the other.
                #expect(try home.mangrove("run", "new", "--", "sh", "-c", "echo changed >/etc/second").status == 0)
                #expect(try file.readFile() == Array("text\n".utf8))
            }
        }

        /// As mmdebstrap leaves it: root is the first subordinate id, which is 1 in runs.
        @Test func aTreeMadeWithAnotherMapKeepsItsIDs() throws {
            try Home.with(.delegated) { (home) throws in
                let tree = try makeTree(in: home)
                try AtomicFile.write([], to: tree.appending("etc/file"))
                try Directory.open(tree.appending("etc")).makeSymbolicLink("link", to: "file")
                try AtomicFile.write([], to: tree.appending("etc/own"))
                for (name, user, group) in [("", 0, 0), ("etc", 0, 0), ("etc/file", 7, 8), ("etc/link", 65_534, 8)] {
                    try #require(
                        lchown(
                            tree.pushing(FilePath(name)).string,
                            hostID(UInt32(user) + 1, "/etc/subuid", .delegated),
                            hostID(UInt32(group) + 1, "/etc/subgid", .delegated)) == 0)
                }
                let ids = Who.delegated.ids
                try #require(lchown(tree.appending("etc/own").string, ids.user, ids.group) == 0)
                let made = try create(home, "--from", tree.string)
                #expect(made.status == 0, "\(made.errors)")
                let run = try home.mangrove(
                    "run", "new", "--", "stat", "-c", "%u:%g", "/", "/etc", "/etc/file", "/etc/link", "/etc/own")
                #expect(run.output == "0:0\n0:0\n7:8\n65534:8\n0:0\n", "\(run)")
            }
        }

        private func status(of file: FilePath) throws -> FileStatus? {
            guard let name = file.lastComponent else { return nil }
            return try Directory.open(file.removingLastComponent()).status(of: name)
        }

        @Test(arguments: [Who.root, .delegated])
        func theRecordSaysWhatIsKnown(who: Who) throws {
            try Home.with(who) { (home) throws in
                let tree = try makeTree(in: home)
                let place = home.work.appending("place")
                let made = try create(home, "--from", tree.string, "--directory", place.string)
                #expect(made.status == 0, "\(made.errors)")
                #expect(made.errors.contains("\(tree): a directory has no signature or digest; recorded as unverified"))
                let inspected = try home.mangrove("inspect", "new", "--format", "json").output
                for text in [
                    "\"distro\" : \"toy\"", "\"release\" : \"7.1\"", "\"source\" : \"tree\"", "\"how\" : \"none\"",
                    "\"path\" : \"\(place)\"",
                ] {
                    #expect(inspected.contains(text), "\(inspected)")
                }
                #expect(!inspected.contains("digest"), "\(inspected)")
                #expect(try !home.mangrove("inspect", "new").output.contains("digest"))
                let refreshed = try home.mangrove("refresh", "new")
                #expect(
                    refreshed.status == 0
                        && refreshed.output.contains("copied from your own directory, tree"), "\(refreshed)")
                let lock = try home.mangrove("lock", "new")
                #expect(lock.status == 65 && lock.errors.contains("a directory, which has no digest"), "\(lock)")
                #expect(try home.mangrove("export", "new", "out.tar", "--reproducible").status == 0)
                let again = try home.mangrove("create", "again", "--from", "out.tar", "--no-accelerate")
                #expect(again.status == 0, "\(again.errors)")
                #expect(try home.mangrove("remove", "new").status == 0)
                #expect(try Directory.open(home.work).status(of: "place") == nil)
                #expect(try home.mangrove("list").output.contains("toy"))
            }
        }

        /// As `sudo debootstrap` leaves it: an ordinary user cannot keep the owners.
        @Test(arguments: [Who.delegated, .single], ["", "etc/hosts", "var/tmp"])
        func whatBelongsToOthersIsRefused(who: Who, path: String) throws {
            try Home.with(who) { (home) throws in
                let tree = try makeTree(in: home)
                try #require(lchown(tree.pushing(FilePath(path)).string, 0, 0) == 0)
                for options in [["--dry-run"], []] {
                    let refused = try home.start(["create", "new", "--from", tree.string] + options).wait()
                    #expect(refused.status == 77, "\(refused)")
                    let what = path.isEmpty ? "\(tree)" : "/\(path) of \(tree)"
                    #expect(
                        refused.errors.hasPrefix("mangrove: cannot copy \(what) with its owner\n"), "\(refused.errors)")
                    #expect(refused.errors.contains("user 0"), "\(refused.errors)")
                    #expect(refused.errors.contains("sudo tar -C \(tree) --one-file-system"), "\(refused.errors)")
                }
                #expect(try home.roots() == ["box"])
            }
        }

        /// Where the user cannot look, the process that copies does.
        @Test func whatBelongsToOthersIsRefusedWhereItIsHidden() throws {
            try Home.with(.delegated) { (home) throws in
                let tree = try makeTree(in: home)
                let closed = tree.appending("var/closed")
                try closed.appending("inner").makeDirectories()
                let group = try hostID(5, "/etc/subgid", .delegated)
                try #require(chown(closed.string, try hostID(5, "/etc/subuid", .delegated), group) == 0)
                try #require(chmod(closed.string, 0o700) == 0)
                let refused = try create(home, "--from", tree.string)
                #expect(refused.status == 77, "\(refused)")
                #expect(refused.errors.contains("cannot copy /var/closed/inner of \(tree) with its owner"))
                #expect(try home.roots() == ["box"])
                // Nobody's own files are kept.
                let nobody = (
                    try hostID(65_534, "/etc/subuid", .delegated), try hostID(65_534, "/etc/subgid", .delegated)
                )
                try #require(chown(closed.appending("inner").string, nobody.0, nobody.1) == 0)
                #expect(try create(home, "--from", tree.string).status == 0)
                let run = try home.mangrove("run", "new", "--", "stat", "-c", "%u:%g", "/var/closed/inner")
                #expect(run.output == "65534:65534\n")
            }
        }

        /// A chroot in use: what is mounted in it belongs to the host.
        @Test(arguments: [Who.root, .delegated])
        func whatIsMountedInItIsNotCopied(who: Who) throws {
            try Home.with(who) { (home) throws in
                let tree = try makeTree(in: home)
                let secret = home.scratch.appending("secret")
                try tree.appending("mnt").makeDirectories()
                try home.own(tree)
                try secret.makeDirectories()
                try AtomicFile.write(Array("not to be seen".utf8), to: secret.appending("file"))
                let points = [(secret, "mnt"), (secret.appending("file"), "etc/group")]
                defer {
                    for name in ["mnt", "etc/group", "proc"] {
                        umount2(tree.pushing(FilePath(name)).string, Int32(MNT_DETACH))
                    }
                }
                for (from, to) in points {
                    try #require(mount(from.string, tree.pushing(FilePath(to)).string, nil, UInt(MS_BIND), nil) == 0)
                }
                try #require(mount("proc", tree.appending("proc").string, "proc", 0, nil) == 0)
                let made = try create(home, "--from", tree.string)
                #expect(made.status == 0, "\(made.errors)")
                #expect(
                    made.errors.contains("what is mounted in it was not copied: /etc/group, /mnt, /proc\n"),
                    "\(made.errors)")
                for name in ["mnt", "proc"] {
                    #expect(try Directory.open(home.tree("new").appending(name)).names().isEmpty)
                }
                #expect(try Directory.open(home.tree("new").appending("etc")).status(of: "group") == nil)
                #expect(try home.mangrove("inspect", "new").output.contains("mnt: something is mounted there"))
                #expect(try home.mangrove("run", "new", "--", "true").status == 0)
            }
        }

        /// Somebody who works in the tree meanwhile puts links in the place of directories and files.
        @Test func linksDoNotLeadOutOfIt() throws {
            try Home.with(.root) { (home) throws in
                let tree = try makeTree(in: home)
                let secret = home.scratch.appending("secret")
                try secret.makeDirectories()
                try AtomicFile.write(Array("not to be seen".utf8), to: secret.appending("file"))
                for number in 0..<200 {
                    let directory = tree.appending("srv/d\(number)")
                    try directory.makeDirectories()
                    try AtomicFile.write(Array("own".utf8), to: directory.appending("file"))
                }
                let swap = """
                    import os, sys
                    tree, secret = sys.argv[1:]
                    print("up", flush=True)
                    while True:
                        for n in range(200):
                            d = f"{tree}/srv/d{n}"
                            os.rename(d, d + ".aside")
                            os.symlink(secret, d)
                            os.unlink(d)
                            os.rename(d + ".aside", d)
                            os.rename(d + "/file", d + "/aside")
                            os.symlink(secret + "/file", d + "/file")
                            os.unlink(d + "/file")
                            os.rename(d + "/aside", d + "/file")
                    """
                let attacker = try Program(
                    ["/usr/bin/env", "python3", "-c", swap, tree.string, secret.string],
                    environment: ["PATH": "/usr/bin:/bin"], directory: home.work)
                try attacker.await("up")
                for _ in 0..<3 {
                    let made = try create(home, "--from", tree.string, "--replace")
                    #expect(made.status == 0, "\(made.errors)")
                    let found = try home.mangrove("run", "new", "--", "grep", "-r", "not to be seen", "/srv")
                    #expect(found.output.isEmpty)
                }
                attacker.send(SIGKILL)
                _ = try attacker.wait()
            }
        }

        @Test(arguments: [Who.root, .delegated])
        func whatIsNoTreeOfItsOwnIsRefused(who: Who) throws {
            try Home.with(who) { (home) throws in
                let tree = try makeTree(in: home)
                try home.work.appending("empty").makeDirectories()
                let cases: [([String], Int32, String)] = [
                    (["--from", "missing"], 66, "no such file or directory: \(home.work)/missing"),
                    (["--from", "empty"], 65, "\(home.work)/empty cannot become a root\nit contains no program"),
                    (["--from", "tree", "--arch", "arm64"], 65, "expected programs for arm64, found amd64"),
                    (["--from", "tree", "--sha256", String(repeating: "0", count: 64)], 64, "has no digest"),
                    (["--from", "tree", "--require-signature"], 64, "has no signature"),
                    (["--from", "/"], 73, "cannot copy /\nthe new root would be inside it"),
                    (["--from", "tree", "--directory", "tree/new"], 73, "would be inside it, at \(tree)/new"),
                    (["--from", home.tree().string], 73, "it belongs to root \"box\""),
                    (["--from", home.tree().appending("usr").string], 73, "it belongs to root \"box\""),
                    (["--from", home.directory.appending("roots").string], 73, "mangrove keeps its roots there"),
                ]
                for (options, status, text) in cases {
                    let refused = try home.start(["create", "new"] + options).wait()
                    #expect(refused.status == status, "\(options): \(refused.errors)")
                    let said = refused.errors.replacing("\n  ", with: "\n")
                    #expect(said.contains(text), "\(options): \(refused.errors)")
                    #expect(try home.roots() == ["box"])
                }
                #expect(try Directory.open(tree).status(of: "new") == nil)
            }
        }

        @Test func aDirectoryThatCannotBeEnteredIsNoMissingOne() throws {
            try Home.with(.single) { (home) throws in
                let closed = home.scratch.appending("closed")
                try closed.appending("tree").makeDirectories()
                try #require(chmod(closed.string, 0o700) == 0 && chown(closed.string, 0, 0) == 0)
                for path in [closed, closed.appending("tree")] {
                    let refused = try create(home, "--from", path.string)
                    #expect(refused.status == 77, "\(refused)")
                    #expect(refused.errors.contains("cannot open \(path)\n"), "\(refused.errors)")
                }
            }
        }
    }
}
