// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import SystemPackage
import Testing

extension IntegrationTests {
    /// Suites of updates, mirrors that are being updated, and how Ubuntu lays an archive out.
    @Suite struct ArchiveLayoutTests {
        private static let updates = "dists/toad-updates/main/binary-amd64"

        /// Publishes a suite of updates that has a newer apt.
        private func publish(_ mirror: PackageMirror) throws {
            try mirror.publish()
            try mirror.publish("toad-updates", [PackageMirror.apt("2.6.1")])
        }

        @Test(arguments: [Who.root, .delegated])
        func whatIsNewerInASuiteOfUpdatesIsTaken(who: Who) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                try publish(mirror)
                let made = try home.bootstrap("a", distros: try mirror.catalogue(suites: ["{codename}-updates"]))
                #expect(made.status == 0, "\(made.errors)")
                #expect(try home.text("var/lib/dpkg/status", of: "a").contains("Version: 2.6.1\n"))
                let sources = "deb \(mirror.url) toad main\ndeb \(mirror.url) toad-updates main\n"
                #expect(try home.text("etc/apt/sources.list", of: "a") == sources)
            }
        }

        /// Who hides it could keep updates from the root: it is left out by order only, as for apt.
        @Test(arguments: Who.allCases)
        func aSuiteOfUpdatesThatIsNotThereIsLeftOutWhenAsked(who: Who) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                try mirror.publish()
                try mirror.publish("toad-security", [PackageMirror.apt("2.6.2")])
                let distros = try mirror.catalogue(suites: ["{codename}-updates", "{codename}-security"])
                let refused = try home.bootstrap("a", distros: distros)
                #expect(refused.status == 69)
                #expect(refused.errors.contains("mangrove: \(mirror.url) has no suite toad-updates\n"))
                #expect(refused.errors.contains("--skip-suite toad-updates\n"))
                #expect(try home.roots() == ["box"])
                let made = try home.bootstrap("a", "--skip-suite", "toad-updates", distros: distros)
                #expect(made.status == 0, "\(made.errors)")
                #expect(try home.text("var/lib/dpkg/status", of: "a").contains("Version: 2.6.2\n"))
                let lines = ["toad", "toad-updates", "toad-security"].map { "deb \(mirror.url) \($0) main\n" }.joined()
                #expect(try home.text("etc/apt/sources.list", of: "a") == lines)
            }
        }

        @Test func aSuiteWithNothingForTheArchitectureIsSaid() throws {
            try Home.withPackages(.single) { (home, mirror) throws in
                try mirror.publish()
                try mirror.publish("toad-security", [PackageMirror.apt("2.6.2")], architectures: "arm64")
                let made = try home.bootstrap("a", distros: try mirror.catalogue(suites: ["{codename}-security"]))
                #expect(made.status == 0, "\(made.errors)")
                #expect(made.errors.contains("warning: skipping toad-security: it has nothing for amd64\n"))
            }
        }

        /// Where it is another than was signed, somebody may want to keep updates away: it is left out by order only.
        @Test(arguments: [Who.root, .delegated])
        func aSuiteOfUpdatesThatDisagreesIsLeftOutWhenAsked(who: Who) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                try publish(mirror)
                for name in ["Packages", "Packages.gz"] { try mirror.put("\(Self.updates)/\(name)", [0x0A]) }
                let distros = try mirror.catalogue(suites: ["{codename}-updates"])
                let refused = try home.bootstrap("a", distros: distros)
                #expect(refused.status == 65)
                #expect(refused.errors.contains("\(mirror.url)/\(Self.updates)/Packages.gz does not match"))
                #expect(refused.errors.contains("--skip-suite toad-updates"))
                #expect(try home.roots() == ["box"])
                let made = try home.bootstrap("a", "--skip-suite", "toad-updates", distros: distros)
                #expect(made.status == 0, "\(made.errors)")
                #expect(try home.text("var/lib/dpkg/status", of: "a").contains("Package: apt\nVersion: 2.6\n"))
                // For apt in the root it is there again as soon as the mirror has it right.
                #expect(try home.text("etc/apt/sources.list", of: "a").contains(" toad-updates main\n"))
            }
        }

        @Test func theNextMirrorHasWhatTheFirstHasWrong() throws {
            try Home.withPackages(.delegated) { (home, mirror) throws in
                try publish(mirror)
                let copy = home.scratch.appending("copy")
                try FileManager.default.copyItem(atPath: mirror.directory.string, toPath: copy.string)
                for name in ["Packages", "Packages.gz"] {
                    try AtomicFile.write([0x0A], to: copy.pushing(FilePath("\(Self.updates)/\(name)")))
                }
                let pool = copy.appending("pool")
                let old = try pool.appending("dpkg_1_amd64.deb").readFile()
                try AtomicFile.write(old.reversed(), to: pool.appending("dpkg_1_amd64.deb"))
                let other = try StaticServer(serving: copy, scratch: home.scratch)
                let made = try home.bootstrap(
                    "a",
                    distros: try mirror.catalogue(suites: ["{codename}-updates"], mirrors: [other.url, mirror.url]))
                #expect(made.status == 0, "\(made.errors)")
                #expect(try home.text("var/lib/dpkg/status", of: "a").contains("Version: 2.6.1\n"))
                let asked = try #require(mirror.server).requests().map(\.path).filter { !$0.hasPrefix("/key") }
                #expect(asked == ["/\(Self.updates)/Packages.gz", "/pool/dpkg_1_amd64.deb"])
            }
        }

        /// `stale`: how often each form of the index is one of another time than the Release file.
        @Test(arguments: [(stale: 1, status: Int32(0)), (stale: 2, status: 65)])
        func aMirrorBeingUpdatedIsAskedOnceMore(stale: Int, status: Int32) throws {
            try Home.withPackages(.delegated) { (home, mirror) throws in
                try mirror.publish()
                var script: [String: [FaultServer.Response]] = [:]
                for name in try FileManager.default.subpathsOfDirectory(atPath: mirror.directory.string) {
                    let file = FaultServer.Response.file(mirror.directory.pushing(FilePath(name)))
                    let isIndex = name.contains("/Packages")
                    script["/\(name)"] = (isIndex ? Array(repeating: .text("older\n"), count: stale) : []) + [file]
                }
                let server = try FaultServer(script, scratch: home.scratch)
                let made = try home.bootstrap("a", distros: try mirror.catalogue(mirrors: [server.url]))
                #expect(made.status == status, "\(made.errors)")
                #expect(try server.requests().filter { $0.path.hasSuffix("InRelease") }.count == 2)
                if status != 0 {
                    #expect(made.errors.contains("/dists/toad/main/binary-amd64/Packages.gz"))
                    #expect(made.errors.contains("may be updating"))
                    #expect(try home.roots() == ["box"])
                }
            }
        }

        /// Three suites in one place, packages in universe, and sources in the form of the release.
        @Test(arguments: [("noble", "2.7.14", true), ("jammy", "2.4.13", false)])
        func anArchiveLikeUbuntus(codename: String, apt: String, isDeb822: Bool) throws {
            try Home.withPackages(.delegated) { (home, mirror) throws in
                let packages = PackageMirror.base([PackageMirror.keyring("ubuntu-archive-keyring.gpg")])
                let meson = PackageMirror.package("meson", "Depends: ninja-build\n")
                try mirror.publish(
                    codename, packages.filter { $0.name != "apt" } + [PackageMirror.apt(apt)],
                    components: ["universe": [meson, PackageMirror.package("ninja-build")]])
                for ending in ["updates", "security"] { try mirror.publish("\(codename)-\(ending)", []) }
                let distros = try mirror.catalogue(
                    codename: codename, suites: ["{codename}-updates", "{codename}-security"],
                    enabled: ["main", "universe"])
                let made = try home.bootstrap("a", "--package", "meson", distros: distros)
                #expect(made.status == 0, "\(made.errors)")
                #expect(try home.text("var/lib/dpkg/info/ninja-build.list", of: "a") == "/.\n")
                // With nothing of universe in it, too.
                #expect(try home.bootstrap("b", distros: distros).status == 0)
                let suites = [codename, "\(codename)-updates", "\(codename)-security"]
                let sources = home.tree("b").appending("etc/apt/sources.list.d")
                if isDeb822 {
                    #expect(
                        try home.text("etc/apt/sources.list.d/ubuntu.sources", of: "b") == """
                            Types: deb
                            URIs: \(mirror.url)
                            Suites: \(suites.joined(separator: " "))
                            Components: main universe
                            Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg

                            """)
                    #expect(throws: (any Error).self) { try home.text("etc/apt/sources.list", of: "b") }
                } else {
                    let lines = suites.map { "deb \(mirror.url) \($0) main universe\n" }.joined()
                    #expect(try home.text("etc/apt/sources.list", of: "b") == lines)
                    #expect((try? Directory.open(sources).names().isEmpty) ?? true)
                }
            }
        }
    }
}
