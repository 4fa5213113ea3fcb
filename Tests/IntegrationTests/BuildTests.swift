// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import Integrity
import Provisioning
import SystemPackage
import Testing

extension IntegrationTests {
    /// `mangrove build`, in a root of busybox.
    @Suite struct BuildTests {
        /// A source with a recipe of these steps, and how to build it.
        private struct Project {
            let home: Home
            let source: FilePath
            var results: FilePath { source.appending("mangrove-out") }
            var artifacts: FilePath { results.appending("amd64") }
            var builds: FilePath { home.directory.appending("cache/builds") }

            init(_ home: Home, steps: String, artifacts: String = "'made'", keys: String = "") throws {
                self.home = home
                source = home.work.appending("project")
                try source.makeDirectories()
                try AtomicFile.write(Array("source\n".utf8), to: source.appending("input"))
                let text = """
                    {version: 1, base: {root: 'box'}, architectures: ['amd64'], \(keys)
                     steps: [\(steps)], artifacts: [\(artifacts)]}
                    """
                try AtomicFile.write(Array(text.utf8), to: source.appending("mangrove.json"))
                try home.own(home.work)
            }

            func start(_ options: String...) throws -> Program {
                try home.start(["build"] + options + [source.string])
            }

            /// What builds left that are over.
            var left: [String] {
                let all = (try? FileManager.default.contentsOfDirectory(atPath: builds.string)) ?? []
                let hidden = (try? FileManager.default.contentsOfDirectory(atPath: results.string)) ?? []
                return all + hidden.filter { $0.hasPrefix(".") }
            }

            func text(_ path: String) -> String? {
                (try? results.pushing(FilePath(path)).readFile()).map { String(decoding: $0, as: UTF8.self) }
            }
        }

        private static let compiling = """
            'cat input >made; chmod 4750 made; echo more >>input; echo changed >/etc/changed',
            {name: 'second', run: 'cat /etc/changed >>made; cat input >>made; pwd >>made; mkdir sub; ln -s ../made sub/link'}
            """

        @Test(arguments: Who.allCases)
        func whatIsBuiltIsTheCallersAndNothingElseChanges(who: Who) throws {
            try Home.with(who) { home in
                let project = try Project(
                    home, steps: Self.compiling, artifacts: "'made', 'sub', {files: 'input', to: 'as'}")
                let before = try home.contents().filter { !$0.hasPrefix("cache") }
                let outcome = try project.start().wait()
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.output.contains("made"))
                #expect(project.text("amd64/made") == "source\nchanged\nsource\nmore\n/build/project\n")
                #expect(project.text("amd64/as/input") == "source\nmore\n")
                var status = stat()
                #expect(stat(project.artifacts.appending("made").string, &status) == 0)
                #expect(status.st_uid == who.ids.0)
                #expect(status.st_mode & 0o7777 == 0o750)
                #expect(try Directory.open(project.artifacts).symbolicLinkTarget(of: "link") == "../made")
                // Neither the source nor the root.
                #expect(try project.source.appending("input").readFile() == Array("source\n".utf8))
                #expect(try home.contents().filter { !$0.hasPrefix("cache") } == before)
                #expect(project.left.isEmpty)
            }
        }

        @Test func theRecordsSayWhatWasBuiltOfWhat() throws {
            try Home.with(.root) { home in
                let project = try Project(home, steps: Self.compiling)
                let outcome = try project.start("--format", "json").wait()
                let reports = try #require(
                    try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
                #expect(reports.first?["path"] as? String == project.artifacts.string)
                let digest = try Digest.of(fileAt: project.artifacts.appending("made")).hex
                #expect(project.text("amd64.json")?.contains(digest) == true)
                let provenance = try #require(
                    try JSONSerialization.jsonObject(
                        with: Data((project.text("amd64.provenance.json") ?? "").utf8)) as? [String: Any])
                #expect(provenance["_type"] as? String == "https://in-toto.io/Statement/v1")
                #expect(provenance["predicateType"] as? String == "https://slsa.dev/provenance/v1")
                let subjects = try #require(provenance["subject"] as? [[String: Any]])
                #expect((subjects.first?["digest"] as? [String: String])?["sha256"] == digest)
                #expect(project.text("amd64.log")?.contains("==> second") == true)
            }
        }

        @Test(arguments: [Who.root, .delegated])
        func aStepThatFailsEndsTheBuildAndWhatWasThereStays(who: Who) throws {
            try Home.with(who) { home in
                #expect(try Project(home, steps: "'echo first >made'").start().wait().status == 0)
                let project = try Project(
                    home, steps: "'echo second >made; echo words', 'echo why >&2; exit 7', 'exit 8'")
                let outcome = try project.start().wait()
                #expect(outcome.status == 7)
                #expect(outcome.errors.contains("step step 2: exit status 7"), "\(outcome.errors)")
                #expect(outcome.errors.contains("\(project.results)/amd64.log"))
                #expect(project.text("amd64.log")?.contains("words\n") == true)
                #expect(project.text("amd64.log")?.contains("why\n") == true)
                #expect(project.text("amd64/made") == "first\n")
                #expect(project.left.isEmpty)
            }
        }

        @Test func whatIsNotMadeAnyMoreIsNotAmongTheResults() throws {
            try Home.with(.root) { home in
                _ = try Project(home, steps: "'mkdir d; echo a >d/a; echo b >d/b'", artifacts: "'d'").start().wait()
                let project = try Project(home, steps: "'mkdir d; echo a >d/a'", artifacts: "'d'")
                try AtomicFile.write([1], to: project.artifacts.appending("mine"))
                #expect(try project.start().wait().status == 0)
                let names = try Directory.open(project.artifacts).names().map(\.string).sorted()
                // What somebody else put there stays.
                #expect(names == ["a", "mine"])
            }
        }

        @Test func whoBuildsAndWithWhichNetworkIsAsTheRecipeSays() throws {
            try Home.with(.root) { home in
                let project = try Project(
                    home,
                    steps: """
                        'id -u >made; cat /proc/net/dev | wc -l >>made; touch here',
                        {name: 'b', run: 'id -u >>made', user: 'root'}
                        """, keys: "user: 'builder', network: false,")
                let outcome = try project.start().wait()
                #expect(outcome.status == 0, "\(outcome.errors)")
                // Two lines of headings, and loopback.
                #expect(project.text("amd64/made") == "1000\n3\n0\n")
            }
        }

        @Test func badInputIsRefusedWithItsOwnStatus() throws {
            try Home.with(.root) { home in
                var project = try Project(home, steps: "'true'", keys: "colour: 1,")
                var outcome = try project.start().wait()
                #expect(outcome.status == 78)
                #expect(outcome.errors.contains("mangrove.json: line 1: colour"), "\(outcome.errors)")
                project = try Project(home, steps: "'true'", artifacts: "'*.deb'")
                outcome = try project.start().wait()
                #expect(outcome.status == 65)
                #expect(outcome.errors.contains("no artifact matches *.deb"), "\(outcome.errors)")
                #expect(project.left.isEmpty)
                try Directory.open(project.source).unlink("mangrove.json")
                outcome = try project.start("--root", "box", "--arch", "amd64").wait()
                #expect(outcome.status == 65)
                #expect(outcome.errors.contains("no build system recognised"), "\(outcome.errors)")
                #expect(outcome.errors.contains("CMakeLists.txt"))
                outcome = try home.start(["build", "nowhere"]).wait()
                #expect(outcome.status == 66)
                outcome = try project.start("--root", "none").wait()
                #expect(outcome.status == 125)
                #expect(outcome.errors.contains("no root named"), "\(outcome.errors)")
            }
        }

        @Test(arguments: [Who.root, .delegated])
        func aBuildThatIsKilledLeavesNothingForLong(who: Who) throws {
            try Home.with(who) { home in
                let project = try Project(home, steps: "'echo half >made; echo begun; sleep 100'")
                let killed = try project.start()
                try killed.awaitErrors("begun\n")
                killed.send(SIGKILL)
                _ = try killed.wait()
                #expect(!project.left.isEmpty)
                let next = try Project(home, steps: "'echo whole >made'")
                #expect(try next.start().wait().status == 0)
                #expect(next.left.isEmpty)
                #expect(next.text("amd64/made") == "whole\n")
                // A signal that can be heeded leaves nothing at all.
                let interrupted = try Project(home, steps: "'echo begun; sleep 100'").start()
                try interrupted.awaitErrors("begun\n")
                interrupted.send(SIGTERM)
                #expect(try interrupted.wait().status == 128 + SIGTERM)
                #expect(next.left.isEmpty)
            }
        }

        @Test func twoBuildsOfOneSourceDoNotDisturbEachOther() throws {
            try Home.with(.root) { home in
                let project = try Project(
                    home, steps: "'cat input >made; echo $N >>made; echo $N >input; sleep 1; cat input >>made'")
                let outputs = (1...3).map { home.work.appending("out\($0)") }
                let builds = try outputs.enumerated().map { index, output in
                    try project.start("--env", "N=\(index)", "--output", output.string)
                }
                for (index, build) in builds.enumerated() {
                    let outcome = try build.wait(seconds: 60)
                    #expect(outcome.status == 0, "\(outcome.errors)")
                    let made = try outputs[index].appending("amd64/made").readFile()
                    #expect(String(decoding: made, as: UTF8.self) == "source\n\(index)\n\(index)\n")
                }
                #expect(project.left.isEmpty)
            }
        }

        @Test func aDryRunAndInitBuildNothing() throws {
            try Home.with(.delegated) { home in
                let project = try Project(home, steps: "{name: 'compile', run: 'exit 9'}")
                let plan = try project.start("--dry-run").wait()
                #expect(plan.status == 0)
                for line in [
                    "build: project for amd64", "base: root box", "step: compile, as root", "    exit 9",
                    "artifact: made",
                ] {
                    #expect(plan.output.contains(line), "\(line) in \(plan.output)")
                }
                #expect(access(project.results.string, F_OK) != 0)
                #expect(project.left.isEmpty)
                let refused = try project.start("--init").wait()
                #expect(refused.status == 73, "\(refused.errors)")
                try Directory.open(project.source).unlink("mangrove.json")
                try AtomicFile.write(Array("all:\n".utf8), to: project.source.appending("Makefile"))
                #expect(try project.start("--init").wait().status == 0)
                let recipe = String(decoding: try project.source.appending("mangrove.json").readFile(), as: UTF8.self)
                #expect(recipe.contains("{name: \"make\", run: \"make -j\\\"$MANGROVE_JOBS\\\"\"}"), "\(recipe)")
                let again = try project.start("--init").wait()
                #expect(again.status == 73)
                #expect(again.errors.contains("already exists"), "\(again.errors)")
            }
        }

        @Test func whatWasChangedIsKeptWhereThatIsAsked() throws {
            try Home.with(.root) { home in
                let project = try Project(home, steps: "'echo x >/etc/new; echo y >made'")
                let outcome = try project.start("--keep").wait()
                let words = try #require(outcome.errors.split(separator: "\n").first { $0.contains("kept: ") })
                let path = try #require(words.split(separator: " ").first { $0.hasPrefix("/") })
                #expect(try FilePath("\(path)/amd64/root/upper/etc/new").readFile() == Array("x\n".utf8))
                #expect(try home.start(["cache", "list"]).wait().output.contains("build kept-"))
                #expect(try home.start(["cache", "prune"]).wait().status == 0)
                #expect(project.left.filter { $0.hasPrefix("kept") }.isEmpty)
            }
        }
    }
}
