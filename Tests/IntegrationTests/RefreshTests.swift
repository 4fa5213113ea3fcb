// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// `mangrove refresh` and `mangrove rollback` of roots that were made from base tarballs.
    @Suite struct RefreshTests {
        private func version(_ home: Home, _ name: String = "a") throws -> String {
            try home.mangrove("run", name, "--", "cat", "/etc/os-release").output
        }

        @Test(arguments: Who.allCases)
        func aNewPointReleaseTakesThePlaceOfTheOld(who: Who) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                try mirror.publish(["1.2.9"])
                let distros = try mirror.catalogue()
                #expect(try home.create("a", distros: distros).status == 0)
                let server = mirror.server
                // The first look remembers what the server said of the list.
                #expect(try home.refresh("a", distros: distros).output.contains("a     unchanged"))
                let asked = try server.requests().count
                let before = try home.contents()
                let unchanged = try home.refresh("a", "--exit-code", distros: distros)
                #expect(unchanged.status == 0 && unchanged.output.contains("unchanged"), "\(unchanged)")
                let requests = try server.requests().dropFirst(asked)
                #expect(requests.map(\.path) == ["/toy/releases/1.2/release/SHA256SUMS"])
                #expect(requests.map(\.status) == [304])
                #expect(try home.contents() == before)

                try mirror.publish(["1.2.9", "1.2.10"])
                let planned = try home.refresh("a", "--dry-run", "--exit-code", distros: distros)
                #expect(planned.status == 10 && planned.output.contains("1.2.9 → 1.2.10"), "\(planned)")
                let old = "ID=toy\nVERSION_ID=1.2.9\n"
                let new = "ID=toy\nVERSION_ID=1.2.10\n"
                #expect(try version(home) == old)
                // A run that goes on through it.
                let script = "echo ready; read line; cat /etc/os-release; touch /in-the-old-one"
                let run = try home.start(["run", "a", "--", "sh", "-c", script], input: .pipe)
                try run.await("ready")
                let refreshed = try home.refresh("a", "--exit-code", "--format", "json", distros: distros)
                #expect(refreshed.status == 10, "\(refreshed)")
                for word in [
                    "\"state\" : \"refreshed\"", "\"from\" : \"1.2.9\"", "\"to\" : \"1.2.10\"", "\"generation\" : 2",
                ] {
                    #expect(refreshed.output.contains(word), "\(refreshed.output)")
                }
                #expect(refreshed.errors.contains("a: refreshed, 1.2.9 → 1.2.10, generation 2"), "\(refreshed.errors)")
                #expect(try version(home) == new)
                run.write("go\n")
                let ended = try run.wait()
                #expect(ended.status == 0 && ended.output == "ready\n\(old)", "\(ended)")

                #expect(try home.roots() == [".generation-1-a", "a", "box"])
                #expect(try home.mangrove("run", "a", "--", "stat", "/in-the-old-one").status == 1)
                let back = try home.mangrove("rollback", "a")
                #expect(back.status == 0 && back.errors.contains("a is generation 1 again, 1.2.9"), "\(back)")
                #expect(try version(home) == old)
                #expect(try home.mangrove("run", "a", "--", "stat", "/in-the-old-one").status == 0)
                #expect(try home.roots() == [".generation-2-a", "a", "box"])
                // It is not made again.
                let held = try home.refresh("a", distros: distros)
                #expect(
                    held.output.contains("held") && held.output.contains("rolled back from generation 2"), "\(held)")
                #expect(try home.mangrove("rollback", "a", "2").status == 0)
                #expect(try version(home) == new)
                let none = try home.mangrove("rollback", "a", "7")
                #expect(none.status == 66 && none.errors.contains("has no generation 7"), "\(none)")
                #expect(try home.mangrove("remove", "a").status == 0)
                #expect(try home.roots() == ["box"])
            }
        }

        @Test(arguments: Who.allCases)
        func whatItsUserChangedIsCarriedOver(who: Who) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                try mirror.publish(["1.2.9"])
                let distros = try mirror.catalogue()
                #expect(try home.create("a", distros: distros).status == 0)
                let script = """
                    echo mine > /etc/mine; mkdir -p /srv/data; echo more > /srv/data/file; chmod 640 /srv/data/file
                    ln -s data /srv/link; echo 'me:x:70:70::/:/bin/sh' >> /etc/passwd
                    """
                #expect(try home.mangrove("run", "a", "--", "sh", "-c", script).status == 0)
                // The new base has another user.
                try mirror.publish(["1.2.11"]) { tree in
                    let passwd = tree.appending("etc/passwd")
                    try AtomicFile.write(try passwd.readFile() + Array("base:x:71:71::/:/bin/sh\n".utf8), to: passwd)
                }
                for (version, state) in [("1.2.11", "refreshed"), ("1.2.12", "refreshed")] {
                    try mirror.publish([version])
                    let outcome = try home.refresh("a", distros: distros)
                    #expect(outcome.status == 0 && outcome.output.contains(state), "\(outcome)")
                    #expect(outcome.output.contains("carried over: 2 configuration files, 4 files"), "\(outcome)")
                    let look = "cat /etc/mine /srv/link/file; stat -c %a /srv/data/file; cat /etc/passwd"
                    let found = try home.mangrove("run", "a", "--", "sh", "-c", look).output
                    #expect(found.hasPrefix("mine\nmore\n640\nroot:x:0:0"), "\(found)")
                    #expect(found.contains("me:x:70:70") && found.contains("base:x:71:71"), "\(found)")
                }
            }
        }

        @Test(arguments: [Who.root, .delegated])
        func whatCannotBeCarriedOverIsNotLostUnasked(who: Who) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                try mirror.publish(["1.2.9"])
                let distros = try mirror.catalogue()
                #expect(try home.create("a", distros: distros).status == 0)
                #expect(try home.mangrove("run", "a", "--", "sh", "-c", "chmod 711 /bin/busybox").status == 0)
                try mirror.publish(["1.2.9", "1.2.10"])
                let refused = try home.refresh("a", distros: distros)
                #expect(refused.status == 73, "\(refused)")
                #expect(refused.errors.contains("/bin/busybox: changed file of the base"), "\(refused)")
                #expect(refused.errors.contains("--discard-changes"), "\(refused)")
                #expect(try version(home).contains("1.2.9"))
                #expect(try home.roots() == ["a", "box"])
                #expect(try home.refresh("a", "--discard-changes", "--keep", "0", distros: distros).status == 0)
                #expect(try version(home).contains("1.2.10"))
                #expect(try home.roots() == ["a", "box"])
            }
        }

        /// One root's failure is its own.
        @Test(arguments: [Who.root, .delegated])
        func aBaseThatDoesNotWorkLeavesTheOldOne(who: Who) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                try mirror.publish(["1.2.9"])
                let distros = try mirror.catalogue()
                for name in ["a", "b"] { #expect(try home.create(name, distros: distros).status == 0) }
                #expect(try home.mangrove("run", "b", "--", "sh", "-c", "chmod 711 /bin/busybox").status == 0)
                try mirror.publish(["1.2.11"]) { tree in
                    let directory = try Directory.open(tree.appending("bin"))
                    try directory.unlink("sh")
                    // An ELF file of this machine, and nothing more.
                    let head = try FilePath("/bin/busybox").readFile().prefix(64)
                    try directory.createFile("sh", holding: Array(head), permissions: FilePermissions(rawValue: 0o755))
                }
                let metrics = home.work.appending("mangrove.prom")
                let outcome = try home.refresh("--all", "--metrics", "mangrove.prom", distros: distros)
                #expect(outcome.status == 73, "\(outcome)")
                #expect(outcome.errors.contains("a: 1.2.11 for root \"a\" does not work"), "\(outcome.errors)")
                #expect(outcome.errors.contains("b: cannot carry over the changes to root \"b\""), "\(outcome.errors)")
                #expect(outcome.output.contains("box   held"), "\(outcome.output)")
                #expect(try version(home).contains("1.2.9"))
                #expect(try home.refresh("a", distros: distros).status == 65)
                #expect(try home.roots() == ["a", "b", "box"])
                let text = String(decoding: try metrics.readFile(), as: UTF8.self)
                #expect(text.contains("mangrove_refresh_failed{root=\"a\"} 1\n"), "\(text)")
                #expect(text.contains("mangrove_refresh_failed{root=\"box\"} 0\n"), "\(text)")
            }
        }

        @Test func aMirrorCannotGoBack() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                #expect(try home.create("a", distros: distros).status == 0)
                try mirror.publish(["1.2.9"])
                let outcome = try home.refresh("a", distros: distros)
                #expect(outcome.status == 65 && outcome.errors.contains("is older than the previous one"), "\(outcome)")
                #expect(outcome.errors.contains("expected at least 1.2.10, found 1.2.9"), "\(outcome)")
                // Nor without the signature that there was.
                try mirror.publish(["1.2.13"])
                let unsigned = try mirror.catalogue(signed: false)
                #expect(try home.refresh("a", distros: unsigned).status == 65)
                #expect(try version(home).contains("1.2.10"))
            }
        }

        @Test func aPointReleaseThatWasAskedForStays() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                let made = try home.mangrove(
                    "create", "a", "toy:1.2.9", "--arch", "amd64", "--distros", distros.string)
                #expect(made.status == 0, "\(made)")
                let outcome = try home.refresh("a", distros: distros)
                #expect(
                    outcome.status == 0 && outcome.output.contains("created as point release 1.2.9"), "\(outcome)")
            }
        }

        /// However many roots there are of a distro, its list is asked for once.
        @Test func manyRootsShareARequest() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                let names = (1...5).map { "root\($0)" }
                for name in names { #expect(try home.create(name, distros: distros).status == 0) }
                #expect(try home.refresh("--all", distros: distros).status == 0)
                let asked = try mirror.server.requests().count
                #expect(try home.refresh("--all", distros: distros).status == 0)
                #expect(try mirror.server.requests().dropFirst(asked).map(\.status) == [304])
                // Several at once.
                try mirror.publish(["1.2.10", "1.2.11"])
                let refreshed = try home.refresh("--all", "--jobs", "3", distros: distros)
                #expect(refreshed.status == 0, "\(refreshed)")
                let lines = refreshed.output.split(separator: "\n").dropFirst().map { $0.prefix { $0 != " " } }
                #expect(lines == ["box"] + names.map { Substring($0) }, "\(refreshed)")
                for name in names { #expect(try version(home, name).contains("1.2.11")) }
            }
        }

        /// Packages that its own package manager brought into a root of a tarball are brought up to date by it.
        @Test(arguments: [Who.root, .delegated])
        func packagesOfATarballsRootAreUpgraded(who: Who) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                let index = mirror.directory.appending("apk/amd64/APKINDEX.tar.gz")
                try index.removingLastComponent().makeDirectories()
                try PublishedFile.write(Array("voice 1".utf8), to: index)
                try mirror.publish(["1.2.11"]) { tree in
                    for name in ["sbin", "etc/apk", "lib/apk/db"] {
                        try tree.appending(FilePath(name).components).makeDirectories()
                    }
                    let etc = tree.appending("etc/apk")
                    try AtomicFile.write(Array("\(mirror.server.url)/apk\n".utf8), to: etc.appending("repositories"))
                    try AtomicFile.write(Array("amd64\n".utf8), to: etc.appending("arch"))
                    // As much of apk as it takes: what it installs is of the version that it was told last.
                    let script = """
                        #!/bin/sh
                        version=$(cat /etc/apk/version 2>/dev/null || echo 1)
                        case $1 in
                        add | upgrade) echo "P:voice
                        V:$version
                        A:amd64
                        " > /lib/apk/db/installed ;;
                        esac
                        """
                    try Directory.open(tree.appending("sbin")).replaceFile(
                        "apk", with: Array(script.utf8), permissions: FilePermissions(rawValue: 0o755))
                }
                let distros = try mirror.catalogue()
                let made = try home.create("a", "--package", "voice", distros: distros)
                #expect(made.status == 0, "\(made)")
                // The index was not looked at before; nothing comes of it.
                let first = try home.refresh("a", distros: distros)
                #expect(first.status == 0 && first.output.contains("a     unchanged"), "\(first)")
                #expect(try home.roots() == ["a", "box"])
                let asked = try mirror.server.requests().count
                #expect(try home.refresh("a", distros: distros).status == 0)
                let requests = try mirror.server.requests().dropFirst(asked)
                #expect(requests.map(\.status) == [304, 304], "\(Array(requests))")

                let write = "echo 2 > /etc/apk/version"
                #expect(try home.mangrove("run", "a", "--", "sh", "-c", write).status == 0)
                try PublishedFile.write(Array("voice 2, a longer index".utf8), to: index)
                let outcome = try home.refresh("a", distros: distros)
                #expect(outcome.status == 0 && outcome.output.contains("voice 1 → 2, generation 2"), "\(outcome)")
                #expect(try home.roots() == [".generation-1-a", "a", "box"])
            }
        }

        /// A lock file that is given follows the root.
        @Test func theLockFileIsBroughtUpToDate() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                try mirror.publish(["1.2.9"])
                let distros = try mirror.catalogue()
                #expect(try home.create("a", distros: distros).status == 0)
                #expect(try home.mangrove("lock", "a").status == 0)
                let lock = home.work.appending("mangrove.lock.json")
                let (first, inode) = (
                    try lock.readFile(), try Directory.open(home.work).status(of: "mangrove.lock.json")?.inode
                )
                func refresh(_ options: String...) throws -> Program.Outcome {
                    try home.start(["refresh", "--distros", distros.string, "--lock", "mangrove.lock.json"] + options)
                        .wait(seconds: 60)
                }
                let unchanged = try refresh("a")
                #expect(unchanged.status == 0 && !unchanged.errors.contains("wrote"), "\(unchanged)")
                #expect(try Directory.open(home.work).status(of: "mangrove.lock.json")?.inode == inode)
                #expect(try refresh("--all").status == 64)

                try mirror.publish(["1.2.9", "1.2.10"])
                #expect(try refresh("a", "--dry-run").status == 0)
                #expect(try lock.readFile() == first)
                let refreshed = try refresh("a")
                #expect(refreshed.status == 0 && refreshed.errors.contains("wrote mangrove.lock.json"), "\(refreshed)")
                let made = try home.mangrove("create", "again", "--locked", "mangrove.lock.json")
                #expect(made.status == 0, "\(made)")
                #expect(try version(home, "again").contains("1.2.10"))

                // What fails leaves it.
                let second = try lock.readFile()
                try mirror.publish(["1.2.9"])
                #expect(try refresh("a").status == 65)
                #expect(try lock.readFile() == second)
                // A root of which nobody knows what it was made of.
                let box = try refresh("box")
                #expect(box.status != 0 && box.errors.contains("box"), "\(box)")
            }
        }

        @Test func whoRefreshesKeepsOthersFromIt() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                try mirror.publish(["1.2.9"])
                #expect(try home.create("a", distros: distros).status == 0)
                try mirror.publish(["1.2.9", "1.2.10"])
                // As another refresh, and as a removal have it.
                for (file, kind) in [("change.lock", FileLock.Kind.exclusive), ("lock", .exclusive)] {
                    let lock = try FileLock.acquire(
                        home.directory.appending("roots/a").appending(file), kind, wait: false)
                    let outcome = try home.refresh("a", distros: distros)
                    #expect(outcome.status == 75 && outcome.errors.contains("root \"a\" is in use"), "\(outcome)")
                    _ = lock.rawValue
                }
                #expect(try home.refresh("a", distros: distros).status == 0)
                // A run in the old generation keeps that.
                let run = try home.start(["run", "a", "--", "sh", "-c", "echo ready; read line"], input: .pipe)
                try run.await("ready")
                try mirror.publish(["1.2.14"])
                #expect(try home.refresh("a", "--keep", "0", distros: distros).status == 0)
                #expect(try home.roots() == [".generation-2-a", "a", "box"])
                #expect(try home.mangrove("remove", "a").status == 75)
                run.write("\n")
                #expect(try run.wait().status == 0)
                #expect(try home.mangrove("remove", "a").status == 0)
                #expect(try home.roots() == ["box"])
            }
        }

        /// A tree at a place of the user's own is exchanged there.
        @Test func aTreeElsewhereIsRefreshedWhereItIs() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                try mirror.publish(["1.2.9"])
                let distros = try mirror.catalogue()
                let place = home.scratch.appending("place")
                #expect(try home.create("a", "--directory", place.string, distros: distros).status == 0)
                try mirror.publish(["1.2.9", "1.2.10"])
                let refreshed = try home.refresh("a", distros: distros)
                #expect(refreshed.status == 0, "\(refreshed)")
                func release() throws -> String {
                    String(decoding: try place.appending("etc/os-release").readFile(), as: UTF8.self)
                }
                #expect(try release().contains("1.2.10"))
                #expect(try version(home).contains("1.2.10"))
                #expect(try home.mangrove("rollback", "a").status == 0)
                #expect(try release().contains("1.2.9"))
                #expect(try home.mangrove("rollback", "a", "2").status == 0)
                #expect(try release().contains("1.2.10"))
                #expect(try home.mangrove("remove", "a").status == 0)
                let left = try Directory.open(home.scratch).names().map(\.string).filter { $0.contains("mangrove") }
                #expect(left.isEmpty, "\(left)")
            }
        }
    }
}

extension Home {
    /// `refresh` with these arguments.
    func refresh(_ arguments: String..., distros: FilePath) throws -> Program.Outcome {
        try start(["refresh", "--distros", distros.string] + arguments).wait(seconds: 60)
    }
}
