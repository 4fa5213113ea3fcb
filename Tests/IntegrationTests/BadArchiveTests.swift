// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Integrity
import SystemPackage
import Testing

extension IntegrationTests {
    /// An archive that is not what was signed, or not what it should be: told in three lines, with its exit status, and
    /// nothing is left.
    @Suite struct BadArchiveTests {
        private func expect(
            _ outcome: Program.Outcome, _ status: Int32, naming words: [String], in home: Home,
            location: SourceLocation = #_sourceLocation
        ) throws {
            #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: location)
            let told = outcome.errors.split(separator: "\n").drop { !$0.hasPrefix("mangrove:") }
            #expect((1...3).contains(told.count), "\(outcome.errors)", sourceLocation: location)
            for word in words {
                #expect(told.joined(separator: "\n").contains(word), "\(outcome.errors)", sourceLocation: location)
            }
            #expect(try home.roots() == ["box"], sourceLocation: location)
        }

        @Test(arguments: [Who.root, .delegated])
        func signatures(who: Who) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                let release = "dists/toad/InRelease"
                try mirror.publish()
                let signed = try mirror.directory.pushing(FilePath(release)).readFile()
                // Somebody else's signature.
                try mirror.publish(key: try mirror.signer.makeKey("mallory"))
                try expect(
                    try home.bootstrap("a", distros: distros), 65, naming: [release, "expected \(mirror.key.hex)"],
                    in: home)
                // A word changed after it was signed.
                let changed = String(decoding: signed, as: UTF8.self).replacing("Origin: Toy", with: "Origin: Toi")
                try mirror.put(release, Array(changed.utf8))
                try expect(try home.bootstrap("a", distros: distros), 65, naming: [release], in: home)
                // No signature at all.
                try mirror.remove(release)
                try mirror.put("dists/toad/Release", Array("Codename: toad\n".utf8))
                try expect(
                    try home.bootstrap("a", distros: distros), 65,
                    naming: ["dists/toad/Release is not signed", "Release.gpg"], in: home)
                // A good one of another suite.
                try mirror.publish("frog")
                let frog = try mirror.directory.appending("dists/frog/InRelease").readFile()
                try mirror.put(release, frog)
                try expect(try home.bootstrap("a", distros: distros), 65, naming: ["toad", "frog"], in: home)
            }
        }

        @Test func anExpiredReleaseIsTakenWhenAllowed() throws {
            try Home.withPackages(.single) { (home, mirror) throws in
                try mirror.publish(fields: "Valid-Until: Sat, 19 Sep 2020 07:55:41 UTC\n")
                let distros = try mirror.catalogue()
                try expect(
                    try home.bootstrap("a", distros: distros), 65,
                    naming: ["dists/toad/InRelease has expired", "days ago", "--allow-expired"], in: home)
                let made = try home.bootstrap("a", "--allow-expired", distros: distros)
                #expect(made.status == 0, "\(made.errors)")
            }
        }

        @Test(arguments: [Who.root, .delegated])
        func digestsAndSizes(who: Who) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                try mirror.publish()
                let deb = "pool/dpkg_1_amd64.deb"
                let index = "dists/toad/main/binary-amd64/Packages.gz"
                let plain = "dists/toad/main/binary-amd64/Packages"
                func content(_ path: String) throws -> [UInt8] {
                    try mirror.directory.pushing(FilePath(path)).readFile()
                }
                let (package, compressed) = (try content(deb), try content(index))
                var damaged = package
                damaged[damaged.count / 2] ^= 1
                for (bytes, cause) in [
                    (damaged, "SHA-256"), (Array(package.dropLast()), "bytes, found"),
                    (package + [0], "bytes, found"),
                ] {
                    try mirror.put(deb, bytes)
                    try expect(try home.bootstrap("a", distros: distros), 65, naming: [deb, cause], in: home)
                }
                try mirror.remove(deb)
                try expect(try home.bootstrap("a", distros: distros), 69, naming: [deb, "does not have it"], in: home)
                try mirror.put(deb, package)

                try mirror.remove(plain)
                damaged = compressed
                damaged[damaged.count / 2] ^= 1
                for (bytes, cause) in [(damaged, "SHA-256"), (Array(compressed.dropLast(9)), "bytes, found")] {
                    try Directory.open(home.directory.appending("cache/archives")).removeTree("indices")
                    try mirror.put(index, bytes)
                    try expect(try home.bootstrap("a", distros: distros), 65, naming: [index, cause], in: home)
                }
                try mirror.remove(index)
                try expect(
                    try home.bootstrap("a", distros: distros), 69, naming: ["Packages", "does not exist"], in: home)
                // Its other form will do.
                try mirror.publish()
                try mirror.put(index, Array(compressed.dropLast(9)))
                let made = try home.bootstrap("a", distros: distros)
                #expect(made.status == 0, "\(made.errors)")
            }
        }

        @Test func whatIsNotInTheArchive() throws {
            try Home.withPackages(.delegated) { (home, mirror) throws in
                try mirror.put("dists/index.html", Array("<a href=\"toad/\">toad/</a> <a href=\"newt/\">".utf8))
                try expect(
                    try home.bootstrap("a", distros: try mirror.catalogue(codename: "toat")), 65,
                    naming: ["no suite toat", "it has toad, newt", "did you mean \"toad\"?"], in: home)
                try mirror.publish()
                let distros = try mirror.catalogue()
                try expect(
                    try home.bootstrap("a", "--package", "busyboks", distros: distros), 65,
                    naming: ["no such package: busyboks", "did you mean \"busybox\"?"], in: home)
                try expect(
                    try home.bootstrap("a", "--package", "busybox=2", distros: distros), 65,
                    naming: ["no version 2 of busybox", "the archive has 1"], in: home)
                try mirror.publish(
                    "toad",
                    PackageMirror.base() + [
                        PackageMirror.package("top", "Depends: middle (>= 1)\n"),
                        PackageMirror.package("middle", "Depends: bottom (>= 2) | cellar\n"),
                        PackageMirror.package("bottom"), PackageMirror.package("rival", "Conflicts: busybox\n"),
                    ])
                try expect(
                    try home.bootstrap("a", "--package", "top", distros: distros), 65,
                    naming: [
                        "cannot install top", "bottom (>= 2) | cellar", "the archive has bottom 1", "top → middle",
                    ],
                    in: home)
                try expect(
                    try home.bootstrap("a", "--package", "rival", distros: distros), 65,
                    naming: ["cannot install rival", "conflicts with busybox"], in: home)
                try expect(
                    try home.start(["create", "a", "toy", "--arch", "arm64", "--distros", distros.string]).wait(), 64,
                    naming: ["arm64", "amd64"], in: home)
                try expect(
                    try home.bootstrap("a", "--skip-suite", "toad-updates", distros: distros), 64,
                    naming: ["toad-updates"], in: home)
            }
        }

        /// Signed as they are, and no packages, or packages that mean harm.
        @Test(arguments: [Who.root, .delegated])
        func packagesThatAreHostileOrCutOff(who: Who) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                var link = PackageMirror.package("link", "Essential: yes\n")
                link.data.add("./out", .symbolicLink, target: home.work.string)
                link.data.add("./out/escaped", content: "x")
                var parent = PackageMirror.package("parent", "Essential: yes\n")
                parent.data.add("../escaped", content: "x")
                var taken = PackageMirror.package("taken", "Essential: yes\n")
                taken.data.add("./etc/", .directory, mode: 0o755)
                taken.data.add("./etc/os-release", content: "ID=other\n")
                for (deb, word) in [(link, "out/escaped"), (parent, "escaped"), (taken, "/etc/os-release")] {
                    try mirror.publish("toad", PackageMirror.base([deb]))
                    try expect(try home.bootstrap("a", distros: distros), 65, naming: [deb.name, word], in: home)
                }
                #expect(try Directory.open(home.work).names().isEmpty)
                #expect(try Directory.open(home.scratch).status(of: "escaped") == nil)
            }
        }

        @Test(arguments: [1, 5, 70, 200, 900, 3000])
        func aPackageThatWasCutOffBeforeItWasSigned(size: Int) throws {
            try Home.withPackages(.delegated) { (home, mirror) throws in
                let deb = PackageMirror.package("short", "Essential: yes\n")
                try mirror.publish("toad", PackageMirror.base([deb]), cutting: ["short": size])
                try expect(
                    try home.bootstrap("a", distros: try mirror.catalogue()), 65, naming: ["short_1_amd64.deb"],
                    in: home)
            }
        }
    }
}
