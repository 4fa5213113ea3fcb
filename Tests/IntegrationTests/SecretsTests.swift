// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import SystemPackage
import Testing

extension IntegrationTests {
    /// A mirror that wants a user and a password, given in its URL.
    @Suite struct SecretsTests {
        private static let login = (user: "reader", password: "s3cr3t@x")

        private func url(_ server: StaticServer, _ path: String = "") -> String {
            server.url.replacing("://", with: "://\(Self.login.user):s3cr3t%40x@") + path
        }

        /// The files in the home that hold the password.
        private func files(of home: Home) throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: home.directory.string).filter { name in
                let path = home.directory.string + "/" + name
                guard
                    (try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType)
                        == .typeRegular
                else { return false }
                return try Data(contentsOf: URL(fileURLWithPath: path)).range(of: Data("s3cr3t".utf8)) != nil
            }
        }

        @Test(arguments: Who.allCases)
        func aTarballComesAndThePasswordIsNowhere(who: Who) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                let server = try StaticServer(serving: mirror.directory, scratch: home.scratch, login: Self.login)
                let distros = try mirror.catalogue()
                let denied = try home.create("a", "--mirror", server.url + "/toy", distros: distros)
                #expect(denied.status == 69)
                #expect(denied.errors.contains("the server answered 401"))
                let secret = url(server, "/toy")
                let bare = ["--mirror", secret]
                let inFile = try mirror.catalogue(mirrors: [secret])
                let configuration = home.work.appending("config/mangrove")
                try configuration.makeDirectories()
                try AtomicFile.write(
                    Array("{mirrors: {toy: \"\(secret)\"}}".utf8), to: configuration.appending("config.json"))
                try home.own(home.work)
                let tarball = secret + "/releases/1.2/release/toy-1.2.10-amd64.tar.gz"
                let ways: [(String, [String], [String: String])] = [
                    ("a", ["toy", "--distros", distros.string] + bare, [:]),
                    ("b", ["toy", "--distros", inFile.string], [:]),
                    ("c", ["toy", "--distros", distros.string], ["XDG_CONFIG_HOME": home.work.string + "/config"]),
                    ("d", ["--from", tarball], [:]),
                ]
                for (name, arguments, environment) in ways {
                    for options in [["--dry-run"], ["--dry-run", "--format", "json"], ["--format", "json"]] {
                        let done = try home.start(
                            ["create", name, "--arch", "amd64"] + arguments + options, environment: environment
                        ).wait()
                        #expect(done.status == 0, "\(done.errors)")
                        #expect(!(done.output + done.errors).contains("s3cr3t"))
                    }
                    for format in ["table", "json"] {
                        let shown = try home.mangrove("inspect", name, "--format", format)
                        #expect(shown.output.contains(server.url + "/toy") && !shown.output.contains("s3cr3t"))
                    }
                }
                // What goes wrong is told without it, too.
                let missing = try home.mangrove("create", "e", "--from", tarball + ".none")
                #expect(missing.status == 69 && missing.errors.contains("404") && !missing.errors.contains("s3cr3t"))
                #expect(try files(of: home) == [])
                #expect(try home.mangrove("run", "a", "--", "true").status == 0)
            }
        }

        @Test(arguments: Who.allCases)
        func aptInTheRootGetsItWhereThatIsAskedFor(who: Who) throws {
            try Home.withPackages(who) { (home, mirror) throws in
                try mirror.publish()
                let server = try StaticServer(serving: mirror.directory, scratch: home.scratch, login: Self.login)
                let distros = try mirror.catalogue()
                let without = try home.bootstrap("a", "--mirror", url(server), distros: distros)
                #expect(without.status == 0, "\(without.errors)")
                #expect(without.errors.contains("\(server.url) requires a password that the root's apt does not have"))
                #expect(try home.text("etc/apt/sources.list", of: "a") == "deb \(server.url) toad main\n")
                #expect(try files(of: home) == [])
                let with = try home.bootstrap("b", "--mirror", url(server), "--keep-credentials", distros: distros)
                #expect(with.status == 0, "\(with.errors)")
                #expect(!(with.errors + without.errors).contains("s3cr3t"))
                #expect(try files(of: home) == ["roots/b/rootfs/etc/apt/auth.conf.d/mangrove.conf"])
                let run = try home.mangrove(
                    "run", "b", "--", "sh", "-c",
                    "cd /etc/apt; stat -c '%a %u %g' auth.conf.d/mangrove.conf; cat sources.list auth.conf.d/*")
                #expect(
                    run.output == """
                        600 0 0
                        deb \(server.url) toad main
                        machine \(server.url)/ login reader password s3cr3t@x

                        """)
                #expect(!(try home.mangrove("inspect", "b").output).contains("s3cr3t"))
                let plan = try home.bootstrap("c", "--mirror", url(server), "--dry-run", distros: distros)
                #expect(plan.status == 0 && plan.output.contains(server.url) && !plan.output.contains("s3cr3t"))
            }
        }
    }
}
