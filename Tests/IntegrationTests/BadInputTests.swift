// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// What is wrong is told in three lines, has its exit status, and leaves nothing.
    @Suite struct BadInputTests {
        private func expect(
            _ outcome: Program.Outcome, _ status: Int32, naming words: String..., in home: Home,
            location: SourceLocation = #_sourceLocation
        ) throws {
            #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: location)
            let told = outcome.errors.split(separator: "\n").drop { !$0.contains("mangrove:") }
            #expect((1...3).contains(told.count), "\(outcome.errors)", sourceLocation: location)
            for word in words {
                #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: location)
            }
            #expect(try home.roots() == ["box"], sourceLocation: location)
        }

        @Test(arguments: [Who.root, .delegated])
        func archivesThatAreNone(who: Who) throws {
            try Home.with(who) { (home) throws in
                var link = TarBuilder()
                link.add("out", .symbolicLink, target: "/")
                link.add("out/escaped", content: "x")
                var whole = TarBuilder()
                whole.add("file", content: String(repeating: "x", count: 5000))
                let files: [(String, [UInt8], String)] = [
                    ("empty.tar", [], "empty"),
                    ("page.tar.gz", Array("<!DOCTYPE html><html><body>404</body></html>".utf8), "HTML"),
                    ("cut.tar", Array(whole.finished.prefix(3000)), "cut.tar"),
                    ("hostile.tar", link.finished, "out/escaped"),
                ]
                for (name, bytes, word) in files {
                    let path = home.scratch.appending(name)
                    try AtomicFile.write(bytes, to: path)
                    try expect(try home.mangrove("create", "a", "--from", path.string), 65, naming: word, in: home)
                }
                #expect(try Directory.open("/").status(of: "escaped") == nil)
                let path = home.scratch.appending("cut.tar")
                try expect(
                    try home.mangrove(
                        "create", "a", "--from", path.string, "--sha256", String(repeating: "0", count: 64)), 65,
                    naming: "cut.tar", in: home)
                try expect(try home.mangrove("create", "a", "--from", "/no/such/file"), 66, in: home)
            }
        }

        /// Also what would be read for ever, or crash.
        @Test func whatIsNeitherTarballNorTree() throws {
            try Home.with(.single) { (home) throws in
                #expect(mkfifo(home.work.appending("pipe").string, 0o644) == 0)
                let image = home.work.appending("image")
                try image.makeDirectories()
                try AtomicFile.write(Array("{}".utf8), to: image.appending("oci-layout"))
                var saved = TarBuilder()
                saved.add("manifest.json", content: "[]")
                try AtomicFile.write(saved.finished, to: home.work.appending("saved.tar"))
                try home.own(home.scratch)
                let cases: [(String, Int32, String)] = [
                    ("pipe", 65, "expected a tarball, found a named pipe"),
                    ("file://\(home.work)/pipe", 65, "expected a tarball, found a named pipe"),
                    ("/dev/null", 65, "expected a tarball, found a device node"),
                    ("file:///no/such/file", 66, "no such file or directory: /no/such/file"),
                    ("debian:12", 66, "omit --from"), ("", 64, "--from: expected a path"),
                    ("image", 65, "mangrove create NAME oci-layout:\(image)"),
                    ("saved.tar", 65, "mangrove create NAME docker-archive:\(home.work)/saved.tar"),
                ]
                for (from, status, text) in cases {
                    try expect(try home.mangrove("create", "a", "--from", from), status, naming: text, in: home)
                }
                for (key, status, text) in [
                    ("base: {tarball: 'image'}", 125, "base: {root: \"NAME\"}"),
                    ("base: {tarball: 'pipe'}", 125, "found a named pipe"),
                    ("base: {root: 'box'}, from: {tarball: 'image'}", 125, "mangrove build \(image)"),
                    ("base: {root: 'box'}, from: {tarball: 'pipe'}", 125, "found a named pipe"),
                ] as [(String, Int32, String)] {
                    let recipe = "{version: 1, \(key), architectures: ['amd64'], steps: ['true'], artifacts: ['*']}"
                    try AtomicFile.write(Array(recipe.utf8), to: home.work.appending("mangrove.json"))
                    try home.own(home.scratch)
                    try expect(try home.mangrove("build"), status, naming: text, in: home)
                }
            }
        }

        @Test func namesThatMeanNothing() throws {
            try Home.with(.single) { (home) throws in
                try expect(try home.mangrove("create", "a", "ubunto"), 64, naming: "ubuntu", in: home)
                try expect(try home.mangrove("create", "a", "ubuntu:24.05"), 64, naming: "24.04", in: home)
                try expect(
                    try home.mangrove("create", "a", "ubuntu", "--arch", "arm46"), 64, naming: "arm64", in: home)
                try expect(try home.mangrove("create", "A/b", "ubuntu"), 64, naming: "A/b", in: home)
                try expect(try home.mangrove("inspect", "bax"), 66, naming: "box", in: home)
                try expect(try home.mangrove("remove", "bax"), 66, naming: "box", in: home)
                try expect(try home.mangrove("frobnicate"), 64, in: home)
            }
        }

        @Test func filesOfTheUsersThatAreWrong() throws {
            try Home.with(.single) { (home) throws in
                let distros = home.scratch.appending("distros.json")
                try AtomicFile.write(Array("{\n \"version\": 1,\n \"distros\": {,}\n}\n".utf8), to: distros)
                try expect(
                    try home.mangrove("distros", "--distros", distros.string), 78, naming: "distros.json", "line 3",
                    in: home)
                let configuration = home.scratch.appending("config/mangrove")
                try configuration.makeDirectories()
                try AtomicFile.write(
                    Array("{\"network\": {\"stallTimeOut\": 3}}".utf8), to: configuration.appending("config.json"))
                guard chmod(home.scratch.appending("config").string, 0o755) == 0 else { return }
                try expect(
                    try home.mangrove(
                        "create", "a", "ubuntu",
                        environment: ["XDG_CONFIG_HOME": configuration.removingLastComponent().string]), 78,
                    naming: "config.json", "stallTimeOut", in: home)
            }
        }

        @Test(arguments: [Who.root, .delegated])
        func placesThatAreTaken(who: Who) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                let place = home.work.appending("place")
                let made = try home.create("a", "--directory", place.string, distros: distros)
                #expect(made.status == 0, "\(made.errors)")
                #expect(try home.mangrove("run", "a", "--", "cat", "/etc/os-release").output.contains("1.2.10"))
                let again = try home.create("b", "--directory", place.string, distros: distros)
                #expect(again.status == 73, "\(again.errors)")
                #expect(try home.mangrove("remove", "a").status == 0)
                #expect(try Directory.open(home.work).status(of: "place") == nil)
            }
        }
    }
}
