// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import Integrity
import SystemPackage
import Testing

extension IntegrationTests {
    /// `mangrove create` from a signed archive of packages.
    @Suite struct BootstrapTests {
        @Test(arguments: Who.allCases)
        func aRootIsMadeOfPackages(who: Who) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                var greeter = PackageMirror.package("greeter", "Depends: voice\n")
                greeter.control = [("postinst", "#!/bin/sh\nset -e\ncat /usr/voice > /greeting\n")]
                var voice = PackageMirror.package("voice")
                voice.data.add("./usr/", .directory, mode: 0o755)
                voice.data.add("./usr/voice", content: "hello\n")
                try mirror.publish("toad", PackageMirror.base() + [voice, greeter, PackageMirror.package("unasked")])
                let distros = try mirror.catalogue()
                let made = try home.bootstrap("a", "--package", "greeter", distros: distros)
                #expect(made.status == 0, "\(made.errors)")
                let run = try home.mangrove("run", "a", "--", "cat", "/greeting", "/etc/apt/sources.list")
                #expect(run.output == "hello\ndeb \(mirror.url) toad main\n")
                let status = try home.text("var/lib/dpkg/status", of: "a")
                #expect(status.components(separatedBy: "Status: install ok installed\n").count == 7)
                #expect(!status.contains("unasked"))
                let automatic = try home.text("var/lib/apt/extended_states", of: "a")
                #expect(automatic == "Package: voice\nArchitecture: amd64\nAuto-Installed: 1\n\n")
                let inspected = try home.mangrove("inspect", "a", "--format", "json").output
                for word in ["\"how\" : \"signature\"", mirror.key.hex, "archive <archive@example.org>", "greeter"] {
                    #expect(inspected.contains(word), "\(inspected)")
                }
                #expect(try home.roots() == ["a", "box"])
                // Nothing that was there for the time of the configuration alone.
                for path in ["usr/sbin/policy-rc.d", "usr/share/dpkg/dpkg-maintscript-helper"] {
                    #expect(throws: (any Error).self) { try home.text(path, of: "a") }
                }
                #expect(try home.mangrove("remove", "a").status == 0)
                #expect(try home.roots() == ["box"])
            }
        }

        /// All ask at the same moment, and each file comes once.
        @Test(arguments: [Who.root, .delegated])
        func manyAtOnceFetchEachPackageOnce(who: Who) throws {
            try Home.withPackages(who, bytesPerSecond: 2_000_000) { (home, mirror) throws in
                try mirror.publish("toad", PackageMirror.base([PackageMirror.ballast("ballast", size: 1_000_000)]))
                let distros = try mirror.catalogue()
                let names = ["a", "b", "c", "d", "e"]
                let creations = try names.map { try home.startBootstrap($0, distros: distros) }
                for creation in creations {
                    let outcome = try creation.wait()
                    #expect(outcome.status == 0, "\(outcome.errors)")
                }
                #expect(try home.roots() == ["a", "b", "box", "c", "d", "e"])
                let fetched = try #require(mirror.server).requests().map(\.path).filter { $0.hasSuffix(".deb") }
                #expect(fetched.count == 5)
                #expect(Set(fetched).count == 5)
                // Another later takes all from the cache but the Release file.
                let before = try #require(mirror.server).requests().count
                #expect(try home.bootstrap("later", distros: distros).status == 0)
                let after = try #require(mirror.server).requests().dropFirst(before).map(\.path)
                #expect(after.allSatisfy { ["/key.gpg", "/dists/toad/InRelease"].contains($0) }, "\(after)")
            }
        }

        @Test(arguments: [Who.root, .delegated])
        func whatWasCutOffIsContinued(who: Who) throws {
            try Home.withPackages(who, bytesPerSecond: 1_500_000) { (home, mirror) throws in
                let size = 4_000_000
                try mirror.publish(
                    "toad", PackageMirror.base(["one", "two"].map { PackageMirror.ballast($0, size: size) }))
                let distros = try mirror.catalogue()
                let packages = home.directory.appending("cache/archives/packages")
                func partial() throws -> [Int] {
                    guard let found = try? Directory.open(packages).names() else { return [] }
                    return found.filter { $0.string.hasSuffix(".partial") }
                        .map { (try? packages.appending($0).readFile().count) ?? 0 }
                }
                let creation = try home.startBootstrap("a", distros: distros)
                try ServerProcess.wait(for: "two halves") {
                    try partial().filter { $0 > size / 4 }.count == 2 ? () : nil
                }
                let port = try #require(mirror.server).port
                mirror.stop()
                let cut = try creation.wait()
                #expect(cut.status == 69, "\(cut.errors)")
                #expect(cut.errors.contains("127.0.0.1"))
                #expect(try home.roots() == ["box"])
                let whole = try Directory.open(packages).names().filter { $0.extension == "deb" && $0.kind == .regular }
                    .filter { !$0.string.hasPrefix(".") }.count

                try mirror.start(port: port)
                let again = try home.bootstrap("a", distros: distros)
                #expect(again.status == 0, "\(again.errors)")
                let requests = try #require(mirror.server).requests().filter { $0.path.hasSuffix(".deb") }
                #expect(requests.count == 6 - whole)
                let halves = requests.filter { $0.path.hasPrefix("/pool/one_") || $0.path.hasPrefix("/pool/two_") }
                #expect(halves.map(\.status) == [206, 206])
                #expect(try home.text("usr/one", of: "a").hasSuffix("one\none\n"))
                #expect(try partial().isEmpty)
            }
        }

        /// What `kill -9` leaves at whatever moment is not listed, not in the way, and gone after the next command.
        @Test(arguments: [Who.root, .delegated])
        func aKilledBootstrapLeavesNothing(who: Who) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                var slow = PackageMirror.package("slow", "Essential: yes\n")
                slow.control = [("postinst", "#!/bin/sh\nsleep 0.2\n")]
                try mirror.publish(
                    "toad", PackageMirror.base([PackageMirror.ballast("ballast", size: 3_000_000), slow]))
                let distros = try mirror.catalogue()
                for _ in 0..<8 {
                    let creation = try home.startBootstrap("a", ["--replace"], distros: distros)
                    usleep(UInt32.random(in: 20_000...900_000))
                    creation.send(SIGKILL)
                    _ = try creation.wait()
                    if try home.mangrove("list", "--format", "json").output.contains("\"name\" : \"a\"") {
                        #expect(try home.mangrove("run", "a", "--", "true").status == 0)
                    }
                }
                #expect(try home.startBootstrap("a", ["--replace"], distros: distros).wait().status == 0)
                #expect(try home.roots() == ["a", "box"])
                #expect(try home.mangrove("run", "a", "--", "cat", "/etc/os-release").output.hasPrefix("ID=toy"))
                let leftovers = try Directory.open(home.directory.appending("cache/archives/packages")).names()
                    .filter { $0.string.hasPrefix(".") }
                #expect(leftovers.isEmpty)
            }
        }

        @Test func aPackageThatCannotBeConfiguredIsNamedWithItsLastWords() throws {
            try Home.withPackages(.delegated) { (home, mirror) throws in
                var bad = PackageMirror.package("bad", "Essential: yes\n")
                bad.control = [("postinst", "#!/bin/sh\necho the disk is upside down >&2\nexit 3\n")]
                try mirror.publish("toad", PackageMirror.base([bad]))
                let failed = try home.bootstrap("a", distros: try mirror.catalogue())
                #expect(failed.status == 65)
                #expect(failed.errors.contains("bad: the disk is upside down; installed bad package"))
                let log = home.directory.appending("cache/logs/a.log")
                #expect(failed.errors.contains(log.string))
                #expect(try log.readFile().starts(with: "the disk is upside down\n".utf8))
                #expect(try home.roots() == ["box"])
            }
        }
    }
}
