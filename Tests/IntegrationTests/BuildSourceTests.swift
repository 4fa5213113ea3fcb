// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import Processes
import Provisioning
import SystemPackage
import Testing

extension IntegrationTests {
    /// Where the sources of builds come from, and what builds run in.
    @Suite struct BuildSourceTests {
        private static let recipe = """
            {version: 1, base: {root: 'box'}, architectures: ['amd64'], steps: ['cat input >made'], artifacts: ['made']}
            """

        private func made(_ home: Home) -> String? {
            (try? home.work.appending("mangrove-out/amd64/made").readFile()).map { String(decoding: $0, as: UTF8.self) }
        }

        @Test(arguments: [Who.root, .delegated])
        func aTarballIsUnpackedAndBuilt(who: Who) throws {
            try Home.with(who) { home in
                let top = home.work.appending("thing-1.0")
                try top.makeDirectories()
                try AtomicFile.write(Array("packed\n".utf8), to: top.appending("input"))
                try AtomicFile.write(Array(Self.recipe.utf8), to: top.appending("mangrove.json"))
                let archive = home.work.appending("thing-1.0.tar.gz")
                let packed = try ChildProcess.run(
                    "/bin/tar", ["-czf", archive.string, "-C", home.work.string, "thing-1.0"],
                    environment: ["PATH=/bin:/usr/bin"])
                try #require(packed.succeeded)
                try home.own(home.work)
                let outcome = try home.start(["build", "thing-1.0.tar.gz"]).wait(seconds: 60)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(made(home) == "packed\n")
                // In the root that the recipe in it names.
                #expect(!outcome.errors.contains("reading the archive"), "\(outcome.errors)")
                // What is pinned is refused where it is another.
                let recipe = """
                    {version: 1, base: {root: 'box'}, architectures: ['amd64'], steps: ['true'], artifacts: ['made'],
                     from: {tarball: '\(archive)', sha256: '\(String(repeating: "0", count: 64))'}}
                    """
                try AtomicFile.write(Array(recipe.utf8), to: home.work.appending("r.json"))
                try home.own(home.work)
                let refused = try home.start(["build", "--recipe", "r.json"]).wait(seconds: 60)
                #expect(refused.status == 125)
                #expect(refused.errors.contains("SHA-256"), "\(refused.errors)")
            }
        }

        @Test func aRecipeThatWasFetchedReachesNothingOfTheHosts() throws {
            try Home.with(.root) { home in
                let recipe = Self.recipe.replacing("steps:", with: "binds: ['/etc:/host'], steps:")
                try AtomicFile.write(Array(recipe.utf8), to: home.work.appending("mangrove.json"))
                let archive = home.work.appending("bad.tar")
                let packed = try ChildProcess.run(
                    "/bin/tar", ["-cf", archive.string, "-C", home.work.string, "mangrove.json"])
                try #require(packed.succeeded)
                let outcome = try home.start(["build", "bad.tar"]).wait(seconds: 60)
                #expect(outcome.status == 78)
                #expect(outcome.errors.contains("it uses binds"), "\(outcome.errors)")
                for key in ["ccache", "configureCache"] {
                    let recipe = Self.recipe.replacing("steps:", with: "\(key): true, steps:")
                    try AtomicFile.write(Array(recipe.utf8), to: home.work.appending("mangrove.json"))
                    let packed = try ChildProcess.run(
                        "/bin/tar", ["-cf", archive.string, "-C", home.work.string, "mangrove.json"])
                    try #require(packed.succeeded)
                    let outcome = try home.start(["build", "bad.tar"]).wait(seconds: 60)
                    #expect(outcome.status == 78)
                    #expect(outcome.errors.contains("it uses \(key)"), "\(outcome.errors)")
                }
            }
        }

        @Test func aRepositoryIsBuiltAtARevision() throws {
            try Home.with(.root) { home in
                let repository = home.work.appending("repository")
                try repository.makeDirectories()
                func git(_ arguments: String...) throws {
                    let child = try ChildProcess.run(
                        "/usr/bin/git",
                        ["-C", repository.string, "-c", "user.name=a", "-c", "user.email=a@b"] + arguments,
                        environment: ["PATH=/usr/bin:/bin", "HOME=\(home.scratch)"])
                    try #require(child.succeeded, "\(child.errorText)")
                }
                try git("init", "-q", "-b", "main")
                try AtomicFile.write(Array(Self.recipe.utf8), to: repository.appending("mangrove.json"))
                for (text, tag) in [("one\n", "v1"), ("two\n", "v2")] {
                    try AtomicFile.write(Array(text.utf8), to: repository.appending("input"))
                    try git("add", ".")
                    try git("commit", "-q", "-m", tag)
                    try git("tag", tag)
                }
                try AtomicFile.write(Array("not committed\n".utf8), to: repository.appending("input"))
                for (revision, text) in [("#v1", "one\n"), ("#main", "two\n"), ("", "not committed\n")] {
                    let outcome = try home.start(
                        ["build", "--output", "mangrove-out", "repository\(revision)"]
                    ).wait(seconds: 60)
                    #expect(outcome.status == 0, "\(outcome.errors)")
                    #expect(made(home) == text)
                }
                let provenance = try home.work.appending("mangrove-out/amd64.provenance.json").readFile()
                #expect(String(decoding: provenance, as: UTF8.self).contains("+changes"))
                let refused = try home.start(["build", "repository#v3"]).wait(seconds: 60)
                #expect(refused.status == 65)
                #expect(refused.errors.contains("has no revision v3"), "\(refused.errors)")
            }
        }

        /// A base and packages become a root of their own, once.
        @Test(arguments: [Who.root, .delegated])
        func baseAndPackagesAreMadeOnceAndUsedAgain(who: Who) throws {
            try Home.withPackages(who) { home, mirror in
                try mirror.publish("toad", PackageMirror.base() + [PackageMirror.package("extra")])
                let distros = try mirror.catalogue()
                let source = home.work.appending("project")
                try source.makeDirectories()
                let text = """
                    {version: 1, base: 'toy', architectures: ['amd64'], packages: ['extra'],
                     steps: ['echo built >made'], artifacts: ['made']}
                    """
                try AtomicFile.write(Array(text.utf8), to: source.appending("mangrove.json"))
                try home.own(home.work)
                func build(_ options: String...) throws -> Program.Outcome {
                    try home.start(
                        ["build"] + options + ["--distros", distros.string, "--output", "mangrove-out", "project"]
                    ).wait(seconds: 120)
                }
                let first = try build()
                #expect(first.status == 0, "\(first.errors)")
                #expect(made(home) == "built\n")
                #expect(try home.start(["list"]).wait().output.contains("toy") == false)
                #expect(try home.start(["cache", "list"]).wait().output.contains("layer toy-7-amd64-"))
                // Nothing is asked of the network the second time.
                mirror.stop()
                let second = try build()
                #expect(second.status == 0, "\(second.errors)")
                #expect(!second.errors.contains("reading the archive"))
                let third = try build("--package", "other")
                #expect(third.status == 125)
            }
        }
    }
}
