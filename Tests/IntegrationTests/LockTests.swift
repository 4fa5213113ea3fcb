// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Integrity
import SystemPackage
import Testing

extension IntegrationTests {
    /// `mangrove lock`, `mangrove create --locked`, `mangrove export --reproducible`.
    @Suite struct LockTests {
        /// What packages leave that is another each time.
        private static var restless: DebBuilder {
            var deb = PackageMirror.package("restless", "Essential: yes\n")
            let script = """
                #!/bin/sh
                set -e
                busybox mkdir -p /var/log/restless /var/lib/systemd /var/cache/man /var/cache/debconf /var/tmp/made
                random() { busybox head -c 8 /dev/urandom | busybox od -An -tx1; }
                random > /etc/machine-id
                random > /var/lib/systemd/random-seed
                random > /var/cache/man/index.db
                random > /var/cache/debconf/config.dat-old
                random > /var/tmp/made/file
                random > /tmp/file
                busybox date > /var/log/restless/log
                busybox chmod 640 /var/log/restless/log
                busybox date > /etc/passwd-
                echo "root:*:$(($(busybox date +%s) / 86400)):0:99999:7:::" > /etc/shadow
                busybox chmod 640 /etc/shadow
                busybox chown 0:42 /etc/shadow
                echo kept > /etc/kept
                """
            deb.control = [("postinst", script)]
            return deb
        }

        /// Has a root `a` and its lock file in the working directory.
        private func withLock(_ who: Who, _ body: (Home, inout PackageMirror) throws -> Void) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                try mirror.publish("toad", PackageMirror.base([Self.restless]))
                let made = try home.bootstrap("a", distros: try mirror.catalogue())
                #expect(made.status == 0, "\(made.errors)")
                let locked = try home.mangrove("lock", "a")
                #expect(locked.status == 0, "\(locked.errors)")
                try body(home, &mirror)
            }
        }

        private func lock(_ home: Home) -> FilePath { home.work.appending("mangrove.lock.json") }

        private func create(_ name: String, _ lock: FilePath, in home: Home, _ options: String...) throws
            -> Program.Outcome
        {
            try home.start(["create", name, "--locked", lock.string] + options).wait()
        }

        private func export(_ name: String, of home: Home) throws -> [UInt8] {
            let file = home.work.appending("\(name).tar")
            let exported = try home.mangrove("export", name, file.string, "--reproducible")
            #expect(exported.status == 0, "\(exported.errors)")
            return try file.readFile(limit: 1 << 30)
        }

        @Test(arguments: [(Who.delegated, Who.root), (.root, .delegated)])
        func aRootIsMadeAgainToTheByte(first: Who, second: Who) throws {
            try withLock(first) { (home, mirror) throws in
                let exported = try export("a", of: home)
                // The archive has moved on, and its pool still has what it had.
                try mirror.publish("toad", Array(PackageMirror.base().dropLast()) + [PackageMirror.apt("2.6.5")])
                try Home.with(second) { (other) throws in
                    sleep(1)
                    let made = try create("again", lock(home), in: other)
                    #expect(made.status == 0, "\(made.errors)")
                    #expect(try export("again", of: other) == exported)
                    #expect(try other.text("etc/apt/sources.list", of: "again") == "deb \(mirror.url) toad main\n")
                    let inspected = try other.mangrove("inspect", "again", "--format", "json").output
                    #expect(inspected.contains("\"how\" : \"checksum\""))
                    #expect(inspected.contains("\"lock\" : \"sha256:\(try Digest.of(lock(home).readFile()).hex)\""))
                    #expect(!inspected.contains("fingerprint"))
                    // And is locked as the first was.
                    let again = try other.mangrove("lock", "again", "--output", "-")
                    #expect(try Array(again.output.utf8) == lock(home).readFile())
                }
                let requests = try #require(mirror.server).requests().map(\.path)
                #expect(requests.filter { $0.hasSuffix("InRelease") }.count == 1)
                #expect(requests.filter { $0.hasSuffix(".deb") }.count == 10)
            }
        }

        @Test func whatIsExportedIsTheRootWithoutWhatChanges() throws {
            try withLock(.delegated) { (home, _) throws in
                _ = try export("a", of: home)
                let made = try home.mangrove("create", "copy", "--from", "a.tar", "--arch", "amd64")
                #expect(made.status == 0, "\(made.errors)")
                func text(_ path: String) throws -> String { try home.text(path, of: "copy") }
                #expect(try text("etc/machine-id") == "")
                #expect(try text("var/log/restless/log") == "")
                // 2020-11-21.
                #expect(try text("etc/kept") == "kept\n")
                let question = """
                    cat /etc/shadow; busybox stat -c '%a %u:%g %Y' /etc/shadow /var/log/restless/log
                    ls -d /var/cache/man /var/cache/man/* /var/lib/systemd/* /etc/passwd- /var/tmp/* /var/cache/debconf/* 2>/dev/null
                    """
                let answer = try home.mangrove("run", "copy", "--", "sh", "-c", question).output
                #expect(
                    answer == """
                        root:*:18587:0:99999:7:::
                        640 0:42 1605919982
                        640 0:0 1605919982
                        /var/cache/man

                        """)
                // SOURCE_DATE_EPOCH goes before what the record says.
                let earlier = try home.mangrove(
                    "export", "a", "b.tar", "--reproducible", environment: ["SOURCE_DATE_EPOCH": "86400"])
                #expect(earlier.status == 0)
                #expect(try home.mangrove("create", "early", "--from", "b.tar", "--arch", "amd64").status == 0)
                #expect(try home.text("etc/shadow", of: "early") == "root:*:1:0:99999:7:::\n")
                let wrong = try home.mangrove(
                    "export", "a", "c.tar", "--reproducible", environment: ["SOURCE_DATE_EPOCH": "yesterday"])
                #expect(wrong.status == 64)
                #expect(wrong.errors.contains("SOURCE_DATE_EPOCH: expected seconds since 1970, found \"yesterday\""))
                // Of a root from before nothing is known.
                let unknown = try home.mangrove("export", "box", "c.tar", "--reproducible")
                #expect(unknown.status == 64)
                #expect(unknown.errors.contains("set SOURCE_DATE_EPOCH"))
            }
        }

        @Test func aFileThatIsGoneIsNamedWithWhereItWasLookedFor() throws {
            try withLock(.delegated) { (home, mirror) throws in
                let path = PackageMirror.pool(PackageMirror.apt())
                let bytes = try mirror.directory.pushing(FilePath(path)).readFile()
                try mirror.remove(path)
                // What is in the cache needs no mirror.
                #expect(try create("b", lock(home), in: home).status == 0)
                try Home.with(.root) { (other) throws in
                    let distros = try mirror.catalogue(snapshot: "\(mirror.url)/{timestamp}")
                    let gone = try create("c", lock(home), in: other, "--distros", distros.string)
                    #expect(gone.status == 69)
                    #expect(gone.errors.contains("apt 2.6 is not available anywhere\n"), "\(gone.errors)")
                    // Half a day after the date of its Release file.
                    for url in ["\(mirror.url)/\(path)", "\(mirror.url)/20201121T125302Z/\(path)"] {
                        #expect(gone.errors.contains(url), "\(gone.errors)")
                    }
                    try mirror.put(path, bytes.map { $0 ^ 1 })
                    let wrong = try create("c", lock(home), in: other)
                    #expect(wrong.status == 65)
                    #expect(wrong.errors.contains("does not match the lock file"), "\(wrong.errors)")
                    #expect(try other.roots() == ["box"])
                    try mirror.remove(path)
                    try mirror.put("20201121T125302Z/\(path)", bytes)
                    let made = try create("c", lock(home), in: other, "--distros", distros.string)
                    #expect(made.status == 0, "\(made.errors)")
                }
                try Home.with(.root) { (other) throws in
                    let mirrored = try create("c", lock(home), in: other, "--mirror", "\(mirror.url)/none")
                    #expect(mirrored.status == 69)
                    #expect(mirrored.errors.contains("\(mirror.url)/none/pool/"), "\(mirrored.errors)")
                    try mirror.put("elsewhere/\(path)", bytes)
                    for package in PackageMirror.base([Self.restless]) where package.name != "apt" {
                        try mirror.put("elsewhere/\(PackageMirror.pool(package))", package.bytes)
                    }
                    let made = try create("c", lock(home), in: other, "--mirror", "\(mirror.url)/elsewhere")
                    #expect(made.status == 0, "\(made.errors)")
                }
            }
        }

        @Test func aPinnedRootIsLockedToItsMoment() throws {
            try Home.withPackages(.root) { (home, mirror) throws in
                try mirror.publish()
                let moment = "20201121T120000Z"
                try mirror.keep(as: moment)
                let distros = try mirror.catalogue(snapshot: "\(mirror.url)/{timestamp}")
                let made = try home.mangrove(
                    "create", "a", "toy@\(moment)", "--arch", "amd64", "--distros", distros.string)
                #expect(made.status == 0, "\(made.errors)")
                #expect(try home.mangrove("lock", "a").status == 0)
                #expect(
                    String(decoding: try lock(home).readFile(), as: UTF8.self).contains("\"snapshot\" : \"\(moment)\""))
                #expect(try create("b", lock(home), in: home).status == 0)
                #expect(try export("a", of: home) == export("b", of: home))
                #expect(try home.mangrove("inspect", "b").output.contains(moment))
            }
        }

        @Test func aTarballIsLockedByItsDigest() throws {
            try Home.withMirror(.delegated) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                #expect(try home.create("a", distros: distros).status == 0)
                #expect(try home.mangrove("lock", "a").status == 0)
                let text = String(decoding: try lock(home).readFile(), as: UTF8.self)
                for word in ["\"kind\" : \"tarball\"", "\"verified\" : \"signature\"", mirror.key.hex, "1.2.10"] {
                    #expect(text.contains(word), "\(text)")
                }
                try Home.with(.root) { (other) throws in
                    let made = try create("b", lock(home), in: other)
                    #expect(made.status == 0, "\(made.errors)")
                    #expect(!made.errors.contains("unsigned"), "\(made.errors)")
                    #expect(try export("b", of: other) == export("a", of: home))
                    let again = try other.mangrove("lock", "b", "--output", "-")
                    #expect(again.output == text)
                    #expect(try other.mangrove("inspect", "b").output.contains("checksum"))
                }
                try AtomicFile.write([1, 2, 3], to: mirror.tarball("1.2.10"))
                try Home.with(.root) { (other) throws in
                    let changed = try create("b", lock(home), in: other)
                    #expect(changed.status == 65, "\(changed.errors)")
                    #expect(try create("b", lock(home), in: other, "--mirror", "http://m.example.org").status == 64)
                    #expect(try other.roots() == ["box"])
                }
            }
        }

        @Test func whatCannotBeLockedOrFollowedIsSaid() throws {
            try withLock(.root) { (home, _) throws in
                let old = try home.mangrove("lock", "box")
                #expect(old.status == 65)
                #expect(old.errors.contains("cannot lock root \"box\"\n"), "\(old.errors)")
                #expect(try home.mangrove("lock", "nobody").status == 66)
                for options in [
                    ["toy"], ["--arch", "arm64"], ["--package", "x"], ["--from", "x.tar"], ["--variant", "buildd"],
                    ["--skip-suite", "s"], ["--require-signature"], ["--keyring", "k"], ["--allow-expired"],
                ] {
                    let refused = try home.start(["create", "b", "--locked", lock(home).string] + options).wait()
                    #expect(refused.status == 64, "\(options)")
                    #expect(refused.errors.contains("locked"), "\(refused.errors)")
                }
                let text = String(decoding: try lock(home).readFile(), as: UTF8.self)
                let bad = home.work.appending("bad.json")
                for (was, becomes, words) in [
                    ("\"schema\" : 1", "\"schema\" : 2", "schema..expected 1"),
                    ("\"schema\" : 1", "\"lockfileVersion\" : 3", "schema is missing: not a mangrove lock file"),
                    ("\"amd64\"", "\"vax\"", "architecture..expected one of amd64"),
                    ("\"size\"", "\"bytes\"", "packages[0].bytes..unknown key"),
                    ("\"pool/apt", "\"../apt", "expected a path below the archive's URL"),
                    ("\"name\" : \"apt\"", "\"name\" : \"apt; reboot\"", "expected a package name"),
                    ("\"sha256\" : \"", "\"sha256\" : \"x", "expected 64 hexadecimal digits"),
                ] {
                    guard text.contains(was) else {
                        Issue.record("\(was) is not in \(text)")
                        continue
                    }
                    try AtomicFile.write(Array(text.replacing(was, with: becomes, maxReplacements: 1).utf8), to: bad)
                    let refused = try create("b", bad, in: home)
                    #expect(refused.status == 78, "\(becomes)")
                    let said = refused.errors.replacing("\n", with: "")
                    let parts = words.split(separator: "..").map { $0.trimmingCharacters(in: .whitespaces) }
                    #expect(parts.allSatisfy { said.contains($0) }, "\(words): \(refused.errors)")
                    #expect(said.contains("bad.json") && said.contains("mangrove lock NAME"), "\(refused.errors)")
                }
                #expect(try create("b", home.work.appending("none.json"), in: home).status == 66)
                #expect(try home.roots() == ["a", "box"])
                let plan = try create("b", lock(home), in: home, "--dry-run")
                #expect(plan.output.contains("digest in the lock file") && plan.output.contains("apt=2.6"), "\(plan)")
                // What came since is not in it, and is told.
                let change = "sed -i 's/^Version: 2.6$/Version: 3/' /var/lib/dpkg/status"
                #expect(try home.mangrove("run", "a", "--", "sh", "-c", change).status == 0)
                let warned = try home.mangrove("lock", "a", "--output", "later.json")
                #expect(warned.status == 0)
                #expect(warned.errors.contains("changed since: apt; the lock file"), "\(warned.errors)")
                #expect(try home.work.appending("later.json").readFile() == lock(home).readFile())
            }
        }
    }
}
