// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import SystemPackage
import Testing

extension PackageMirror {
    /// Keeps what is published as it is now below that directory, as a snapshot service does.
    func keep(as moment: String) throws {
        let place = directory.appending(moment)
        try place.makeDirectories()
        for name in ["dists", "pool"] {
            try FileManager.default.copyItem(
                atPath: directory.appending(name).string, toPath: place.appending(name).string)
        }
    }
}

extension IntegrationTests {
    /// `mangrove create NAME DISTRO@MOMENT`.
    @Suite struct SnapshotTests {
        /// Some hours after the date of the mirror's Release files, which is 2020-11-21T00:53:02Z.
        private static let moment = "20201121T120000Z"
        private static let validity = "Valid-Until: Sat, 28 Nov 2020 00:53:02 UTC\n"

        private func create(_ home: Home, _ name: String, _ moment: String, _ options: [String]) throws
            -> Program.Outcome
        {
            try home.start(["create", name, "toy@\(moment)", "--arch", "amd64"] + options).wait()
        }

        /// A mirror that has a newer apt by now.
        private func publish(_ mirror: PackageMirror) throws {
            try mirror.publish(fields: Self.validity)
            try mirror.keep(as: Self.moment)
            try mirror.publish("toad", Array(PackageMirror.base().dropLast()) + [PackageMirror.apt("2.6.5")])
        }

        @Test(arguments: Who.allCases)
        func aRootIsOfTheMomentThatWasAskedFor(who: Who) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                try publish(mirror)
                let distros = try mirror.catalogue(snapshot: "\(mirror.url)/{timestamp}")
                let made = try create(home, "a", Self.moment, ["--distros", distros.string])
                #expect(made.status == 0, "\(made.errors)")
                #expect(try home.text("var/lib/dpkg/status", of: "a").contains("Package: apt\nVersion: 2.6\n"))
                #expect(
                    try home.text("etc/apt/sources.list", of: "a")
                        == "deb [check-valid-until=no] \(mirror.url)/\(Self.moment) toad main\n")
                let inspected = try home.mangrove("inspect", "a", "--format", "json").output
                for word in [
                    "\"snapshot\" : \"\(Self.moment)\"", "\"sourceDate\" : \"2020-11-21T00:53:02Z\"", "signature",
                ] {
                    #expect(inspected.contains(word), "\(inspected)")
                }
                #expect(try home.mangrove("inspect", "a").output.contains("snapshot"))
                // There is nothing newer of that moment.
                let refreshed = try home.refresh("a", distros: distros)
                #expect(refreshed.status == 0, "\(refreshed)")
                #expect(refreshed.output.contains("pinned to the archive of \(Self.moment)"), "\(refreshed)")
                // As it is today, without one.
                #expect(try home.bootstrap("b", distros: distros).status == 0)
                #expect(try home.text("var/lib/dpkg/status", of: "b").contains("Version: 2.6.5\n"))
                #expect(try !home.mangrove("inspect", "b").output.contains("snapshot"))
            }
        }

        @Test func aMirrorOfMomentsAndItsDeb822Sources() throws {
            try Home.withPackages(.root) { (home, mirror) throws in
                let packages = PackageMirror.base([PackageMirror.keyring("debian-archive-keyring.gpg")]).dropLast(2)
                try mirror.publish(
                    "toad", packages + [PackageMirror.apt("2.9"), PackageMirror.keyring("debian-archive-keyring.gpg")])
                try mirror.keep(as: "kept/\(Self.moment)")
                let made = try create(
                    home, "a", Self.moment,
                    ["--distros", try mirror.catalogue().string, "--mirror", "\(mirror.url)/kept"])
                #expect(made.status == 0, "\(made.errors)")
                let sources = try home.text("etc/apt/sources.list.d/debian.sources", of: "a")
                #expect(sources.contains("URIs: \(mirror.url)/kept/\(Self.moment)\n"))
                #expect(sources.contains("\nCheck-Valid-Until: no\n"))
            }
        }

        @Test func whatIsNotOfTheMomentIsRefused() throws {
            try Home.withPackages(.delegated) { (home, mirror) throws in
                try publish(mirror)
                for moment in ["20201120T000000Z", "20201201T000000Z"] { try mirror.keep(as: moment) }
                try mirror.publish(fields: Self.validity)
                try mirror.keep(as: "20201202T000000Z")
                let options = ["--distros", try mirror.catalogue(snapshot: "\(mirror.url)/{timestamp}").string]
                let newer = try create(home, "a", "20201120T000000Z", options)
                #expect(newer.status == 65)
                #expect(newer.errors.contains("is newer than the requested moment"), "\(newer.errors)")
                // Valid-Until counts as of then.
                let expired = try create(home, "a", "20201202T000000Z", options)
                #expect(expired.status == 65)
                #expect(expired.errors.contains("has expired"), "\(expired.errors)")
                let absent = try create(home, "a", "20201203T000000Z", options)
                #expect(absent.status != 0 && absent.errors.contains("20201203T000000Z"), "\(absent.errors)")
                for (moment, words) in [
                    ("2020-11-21", "a moment is YYYYMMDDTHHMMSSZ"), ("29991121T120000Z", "is in the future"),
                ] {
                    let refused = try create(home, "a", moment, options)
                    #expect(refused.status == 64)
                    #expect(refused.errors.contains(words), "\(refused.errors)")
                }
                let nobody = try create(home, "a", Self.moment, ["--distros", try mirror.catalogue().string])
                #expect(nobody.status == 64)
                #expect(nobody.errors.contains("knows nobody who keeps the archive of Toy"), "\(nobody.errors)")
                let tarball = try home.mangrove("create", "a", "toy@\(Self.moment)", "--from", "x.tar")
                #expect(tarball.status == 64)
                #expect(try home.roots() == ["box"])
            }
        }
    }
}
