// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// `mangrove refresh` of roots that were made from an archive of packages.
    @Suite struct PackageRefreshTests {
        private func voice(_ version: String, _ text: String, needs: String = "") -> DebBuilder {
            var voice = PackageMirror.package("voice", needs, version: version)
            voice.data.add("./usr/", .directory, mode: 0o755)
            voice.data.add("./usr/voice", content: "\(text)\n")
            voice.control = [("postinst", "#!/bin/sh\necho \(version) > /configured\n")]
            return voice
        }

        @Test(arguments: Who.allCases)
        func newerPackagesMakeANewGeneration(who: Who) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                let server = try #require(mirror.server)
                try mirror.publish("toad", PackageMirror.base() + [voice("1", "hello")])
                let distros = try mirror.catalogue()
                #expect(try home.bootstrap("a", "--package", "voice", distros: distros).status == 0)
                #expect(try home.refresh("a", distros: distros).status == 0)
                let asked = try server.requests().count
                #expect(try home.refresh("a", distros: distros).output.contains("unchanged"))
                let requests = try server.requests().dropFirst(asked)
                #expect(requests.map(\.path) == ["/dists/toad/InRelease"] && requests.map(\.status) == [304])
                #expect(try home.mangrove("run", "a", "--", "sh", "-c", "echo mine > /mine").status == 0)

                // A newer one that needs another, of an archive that is newer.
                let helper = PackageMirror.package("helper")
                try mirror.publish(
                    "toad", PackageMirror.base() + [voice("2", "hello again", needs: "Depends: helper\n"), helper],
                    date: "Sun, 22 Nov 2020 00:53:02 UTC")
                let planned = try home.refresh("a", "--dry-run", "--format", "json", distros: distros)
                for word in ["\"name\" : \"voice\"", "\"from\" : \"1\"", "\"to\" : \"2\"", "\"name\" : \"helper\""] {
                    #expect(planned.output.contains(word), "\(planned)")
                }
                let refreshed = try home.refresh("a", distros: distros)
                #expect(refreshed.status == 0, "\(refreshed)")
                #expect(refreshed.output.contains("helper 1, voice 1 → 2, generation 2"), "\(refreshed)")
                let found = try home.mangrove("run", "a", "--", "cat", "/usr/voice", "/configured", "/mine")
                #expect(found.output == "hello again\n2\nmine\n", "\(found)")
                #expect(try home.text("var/lib/apt/extended_states", of: "a").contains("Package: helper\n"))
                #expect(throws: (any Error).self) { try home.text("usr/sbin/policy-rc.d", of: "a") }
                #expect(try home.roots() == [".generation-1-a", "a", "box"])
                #expect(try home.mangrove("rollback", "a").status == 0)
                #expect(try home.mangrove("run", "a", "--", "cat", "/usr/voice").output == "hello\n")
            }
        }

        /// What cannot be configured leaves the root as it was.
        @Test(arguments: [Who.root, .delegated])
        func aPackageThatFailsLeavesTheOldGeneration(who: Who) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                try mirror.publish("toad", PackageMirror.base() + [voice("1", "hello")])
                let distros = try mirror.catalogue()
                #expect(try home.bootstrap("a", "--package", "voice", distros: distros).status == 0)
                var broken = voice("2", "not this")
                broken.control = [("postinst", "#!/bin/sh\necho the disk is on fire; exit 3\n")]
                try mirror.publish(
                    "toad", PackageMirror.base() + [broken], date: "Sun, 22 Nov 2020 00:53:02 UTC")
                let outcome = try home.refresh("a", distros: distros)
                #expect(outcome.status == 65, "\(outcome)")
                #expect(outcome.errors.contains("cannot update the packages of root \"a\""), "\(outcome)")
                #expect(outcome.errors.contains("the disk is on fire"), "\(outcome)")
                #expect(try home.mangrove("run", "a", "--", "cat", "/usr/voice").output == "hello\n")
                #expect(try home.roots() == ["a", "box"])
            }
        }

        @Test func anArchiveCannotGoBack() throws {
            try Home.withPackages(.root) { (home, mirror) throws in
                try mirror.publish("toad", PackageMirror.base() + [voice("2", "hello")])
                let distros = try mirror.catalogue()
                #expect(try home.bootstrap("a", "--package", "voice", distros: distros).status == 0)
                try mirror.publish(
                    "toad", PackageMirror.base() + [voice("1", "hello")], date: "Fri, 20 Nov 2020 00:53:02 UTC")
                let outcome = try home.refresh("a", distros: distros)
                #expect(outcome.status == 65 && outcome.errors.contains("older than the previous one"), "\(outcome)")
                // A date that is still to come is worth a word.
                try mirror.publish(
                    "toad", PackageMirror.base() + [voice("2", "hello")], date: "Sat, 20 Nov 2100 00:53:02 UTC")
                let early = try home.refresh("a", distros: distros)
                #expect(early.status == 0 && early.errors.contains("is this machine's clock right?"), "\(early)")
            }
        }

        /// Versions that were asked for, and what dpkg holds, stay.
        @Test func whatIsHeldStays() throws {
            try Home.withPackages(.root) { (home, mirror) throws in
                try mirror.publish("toad", PackageMirror.base() + [voice("1", "hello")])
                let distros = try mirror.catalogue()
                #expect(try home.bootstrap("a", "--package", "voice=1", distros: distros).status == 0)
                #expect(try home.bootstrap("b", "--package", "voice", distros: distros).status == 0)
                let hold = "sed -i '/^Package: voice$/,/^$/s/^Status: install/Status: hold/' /var/lib/dpkg/status"
                #expect(try home.mangrove("run", "b", "--", "sh", "-c", hold).status == 0)
                try mirror.publish(
                    "toad", PackageMirror.base() + [voice("2", "no")], date: "Sun, 22 Nov 2020 00:53:02 UTC")
                let outcome = try home.refresh("a", "b", distros: distros)
                #expect(outcome.status == 0 && !outcome.output.contains("refreshed"), "\(outcome)")
            }
        }

        @Test func aMirrorThatIsGoneIsAFailureForRefreshAndNoneForCreate() throws {
            try Home.withPackages(.root) { (home, mirror) throws in
                try mirror.publish("toad", PackageMirror.base() + [voice("1", "hello")])
                let distros = try mirror.catalogue()
                #expect(try home.bootstrap("a", "--package", "voice", distros: distros).status == 0)
                mirror.stop()
                let outcome = try home.refresh("a", distros: distros)
                #expect(outcome.status == 69 && outcome.output.contains("failed"), "\(outcome)")
                let offline = try home.startBootstrap("b", ["--package", "voice"], distros: distros).wait(seconds: 60)
                #expect(offline.status == 0, "\(offline)")
                #expect(
                    offline.errors.contains("is unreachable; using the copy of less than an hour ago"),
                    "\(offline)")
            }
        }
    }
}
