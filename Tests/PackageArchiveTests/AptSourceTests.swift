// SPDX-License-Identifier: Apache-2.0

import Architectures
import Filesystem
import Fixtures
import PackageArchive
import SystemPackage
import Testing
import Transfer

struct AptSourceTests {
    @Test func oneLineEntriesAreRead() {
        let text = """
            # deb http://off.example/debian x main
            deb [arch=arm64,amd64 signed-by=/k.gpg check-valid-until=no] http://one.example/debian/ trixie main contrib # end
            deb-src http://one.example/debian trixie main
            \tdeb http://two.example/debian trixie-security main
            deb http://short.example
            """
        let found = AptSource.parse(list: text)
        var first = AptSource(
            uris: ["http://one.example/debian/"], suites: ["trixie"], components: ["main", "contrib"])
        first.architectures = ["arm64", "amd64"]
        first.signedBy = ["/k.gpg"]
        first.checksValidUntil = false
        #expect(found.first == first)
        #expect(found.map(\.suites) == [["trixie"], ["trixie-security"]])
    }

    @Test func deb822EntriesAreRead() throws {
        let text = """
            # of the installer
            Types: deb deb-src
            URIs: http://one.example/debian
             http://two.example/debian
            Suites: trixie trixie-updates
            Components: main
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .
             abcd

            Enabled: no
            Types: deb
            URIs: http://off.example/debian

            Types: deb-src
            URIs: http://off.example/debian
            """
        let found = try AptSource.parse(sources: text, file: "debian.sources")
        #expect(found.count == 1)
        #expect(found.first?.uris == ["http://one.example/debian", "http://two.example/debian"])
        #expect(found.first?.suites == ["trixie", "trixie-updates"])
        #expect(found.first?.signedBy == [])
    }

    @Test func proxiesAreThoseOfApt() {
        let configuration = AptConfiguration(
            parsing: """
                Acquire "";
                Acquire::http::Proxy "http://proxy.example:3128";
                Acquire::http::Proxy::near.example "DIRECT";
                Acquire::Check-Valid-Until "false";
                """)
        #expect(configuration.proxy(for: "http://far.example/debian") == .url("http://proxy.example:3128"))
        #expect(configuration.proxy(for: "https://far.example/debian") == .url("http://proxy.example:3128"))
        #expect(configuration.proxy(for: "http://near.example:80/debian") == .none)
        #expect(AptConfiguration(parsing: "").proxy(for: "http://far.example/debian") == .environment)
        #expect(!configuration.checksValidUntil)
        #expect(AptConfiguration(parsing: "").checksValidUntil)
    }

    @Test func theDistributionsArchiveIsFoundAmongOthers() {
        let archives = HostArchives(
            sources: AptSource.parse(
                list: """
                    deb https://vendor.example/apt trixie main
                    deb http://near.example/debian/ trixie main
                    deb http://near.example/debian-security trixie-security main
                    deb http://archive.example/ubuntu noble main
                    """), lists: "/nonexistent")
        #expect(archives.mirror(distro: "debian", architecture: .arm64)?.uri == "http://near.example/debian")
        #expect(
            archives.mirror(distro: "debian", architecture: .arm64, security: true)?.uri
                == "http://near.example/debian-security")
        // The other architectures are on another host.
        #expect(archives.mirror(distro: "ubuntu", architecture: .arm64) == nil)
        #expect(archives.mirror(distro: "ubuntu", architecture: .amd64)?.uri == "http://archive.example/ubuntu")
    }

    @Test func anArchiveIsKnownByTheOriginAptHasSeen() throws {
        try withScratchDirectory { scratch in
            let release = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nSuite: stable\n"
            try AtomicFile.write(
                Array(release.utf8), to: scratch.appending("cache.example_a%5fb_dists_trixie_InRelease"))
            try AtomicFile.write(
                Array("Origin: Vendor\n".utf8), to: scratch.appending("vendor.example_debian_dists_trixie_Release"))
            let archives = HostArchives(
                sources: AptSource.parse(
                    list: "deb http://vendor.example/debian trixie main\ndeb http://cache.example/a_b trixie main"),
                lists: scratch)
            #expect(archives.mirror(distro: "debian", architecture: .arm64)?.uri == "http://cache.example/a_b")
        }
    }

    @Test(arguments: ["/etc/apt/sources.list", "/sources"])
    func filesOfBothFormsAreReadInOrder(list: String) throws {
        try withScratchDirectory { scratch in
            let parts = "\(list).d"
            let files = [
                (list, "deb [snapshot=20240301T030400Z] http://a.example/debian trixie main"),
                ("\(parts)/2.list", "deb http://c.example/debian trixie main"),
                (
                    "\(parts)/1.sources",
                    "Types: deb\nURIs: http://b.example/debian\nSuites: trixie\nComponents: main\nSnapshot: yes\n"
                ),
                ("\(parts)/3.sources.save", "Types: deb\nURIs: http://d.example/debian\nSuites: trixie\n"),
                ("\(parts)/4.sources", "nonsense"),
            ]
            for (name, text) in files {
                let file = scratch.pushing(FilePath(String(name.dropFirst())))
                try file.removingLastComponent().makeDirectories()
                try AtomicFile.write(Array(text.utf8), to: file)
            }
            let root = try Directory.open(scratch)
            let found =
                list == "/sources"
                ? AptSource.read(in: root, list: FilePath(list), parts: FilePath(parts)) : AptSource.read(in: root)
            #expect(
                found.flatMap(\.uris) == [
                    "http://a.example/debian", "http://b.example/debian", "http://c.example/debian",
                ])
            #expect(found.map(\.snapshot) == ["20240301T030400Z", "yes", nil])
        }
    }
}
