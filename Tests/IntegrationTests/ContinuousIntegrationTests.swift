// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Catalogue

extension IntegrationTests {
    /// The steps of `action.yml` and of the GitLab template, as the runners execute them.
    @Suite struct ContinuousIntegrationTests {
        private static let repository = FilePath(#filePath)
            .removingLastComponent().removingLastComponent().removingLastComponent()

        @Test func theActionMakesARootRunsInItAndKeepsIt() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                var runner = try ActionRunner(home, mirror, Self.repository)
                runner.inputs["run"] = "uname -s > made\necho \"CI is $CI\"\ntouch /changed"
                let first = try runner.run(branch: "main")
                #expect(first.errors == "" && first.output.contains("CI is true\n"), "\(first)")
                #expect(try home.work.appending("made").readFile() == Array("Linux\n".utf8))
                #expect(first.saved == first.outputs["provision.key"] && first.saved != nil)
                #expect(first.outputs["provision.key"]?.hasPrefix(first.outputs["plan.prefix"] ?? "-") == true)

                // Another job has the root from the cache, as it was made, and writes nothing.
                try runner.startAnew()
                runner.inputs["run"] = "test ! -e /changed; stat -c %u:%a /tmp"
                let asked = try mirror.server.requests().count
                let second = try runner.run(branch: "topic")
                #expect(second.output.contains("0:1777\n"), "\(second)")
                #expect(second.saved == nil)
                #expect(try mirror.server.requests().count == asked)

                // The default branch has it brought up to date.
                try mirror.publish(["1.2.10", "1.2.11"])
                try runner.startAnew()
                runner.inputs["run"] = "cat /etc/os-release"
                let third = try runner.run(branch: "main")
                #expect(third.output.contains("VERSION_ID=1.2.11"), "\(third)")
                #expect(third.saved != nil && third.saved != first.saved)
            }
        }

        @Test func aLockFileIsTheKeyOfTheCache() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                #expect(try home.create("a", distros: distros).status == 0)
                #expect(try home.mangrove("lock", "a").status == 0)
                #expect(try home.mangrove("remove", "a").status == 0)
                try mirror.publish(["1.2.10", "1.2.11"])

                var runner = try ActionRunner(home, mirror, Self.repository)
                runner.inputs["run"] = "cat /etc/os-release"
                let run = try runner.run(branch: "main")
                #expect(run.output.contains("VERSION_ID=1.2.10"), "\(run)")
                #expect(run.saved != nil && run.saved == run.outputs["plan.key"])
                try runner.startAnew()
                let again = try runner.run(branch: "main")
                #expect(again.output.contains("VERSION_ID=1.2.10"), "\(again)")
                #expect(again.saved == nil)
            }
        }

        @Test func whatTheCommandEndsWithIsWhatTheStepEndsWith() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                var runner = try ActionRunner(home, mirror, Self.repository)
                runner.inputs["run"] = "exit 3"
                let run = try runner.run(branch: "main")
                #expect(run.status == 3)
                #expect(run.saved == nil)
            }
        }

        /// All but apt itself.
        @Test func thePackageThatIsInstalledIsWhatTheReleaseLists() throws {
            try withScratchDirectory { scratch in
                let release = scratch.appending("releases/download/v1.2.3")
                try release.makeDirectories()
                try scratch.appending("tree/DEBIAN").makeDirectories()
                let control = "Package: mangrove\nVersion: 1.2.3-1\nArchitecture: all\nMaintainer: A <a@example.org>\n"
                try AtomicFile.write(Array(control.utf8), to: scratch.appending("tree/DEBIAN/control"))
                func bash(_ script: String, _ environment: [String: String] = [:]) throws -> Program.Outcome {
                    let base = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MANGROVE_INSTALL_DRY_RUN": "1"]
                    return try Program(
                        ["/bin/bash", "-ec", script], environment: base.merging(environment) { $1 }, directory: scratch
                    ).wait()
                }
                let made = try bash(
                    """
                    package=mangrove_1.2.3-1_$(dpkg --print-architecture).deb
                    dpkg-deb --build tree "$package" && cd \(release) && mv \(scratch)/*.deb . && sha256sum *.deb >SHA256SUMS
                    """)
                #expect(made.status == 0, "\(made)")
                let install = Self.repository.appending("scripts/ci/install").string
                let releases = "file://\(scratch)/releases"
                for name in ["MANGROVE_VERSION", "MANGROVE_ACTION_REF"] {
                    let taken = try bash(install, [name: "v1.2.3", "MANGROVE_RELEASES": releases])
                    #expect(taken.status == 0 && taken.output.contains("Version: 1.2.3-1"), "\(taken)")
                }
                let none = try bash(install, ["MANGROVE_VERSION": "1.2.4", "MANGROVE_RELEASES": releases])
                #expect(none.status == 1 && none.errors.contains("there is no release at"), "\(none)")

                #expect(try bash("echo more >>\(release)/*.deb").status == 0)
                let damaged = try bash(
                    install,
                    ["MANGROVE_VERSION": "v1.2.3", "MANGROVE_RELEASES": releases, "GITHUB_ACTIONS": "true"])
                #expect(damaged.status == 1 && damaged.output.contains("::error::mangrove_1.2.3-1_"), "\(damaged)")
            }
        }

        /// The root and the tools tree are in the project's directory there.
        @Test func theGitLabTemplateDoesTheSame() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                let path = Self.repository.appending("scripts/ci/gitlab-template.yml")
                let job = try #require(try YAMLValue.parse(try path.readFile(), from: "template")[".mangrove"])
                var variables = try ActionRunner.environment(home, mirror)
                for (name, value) in try #require(job["variables"]?.members) { variables[name] = value.text }
                variables.merge([
                    "CI_PROJECT_DIR": home.work.string, "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main",
                    "CI_PIPELINE_SOURCE": "push", "CACHE_POLICY": "pull-push", "MANGROVE_ARCH": "amd64",
                    "MANGROVE_BASE": "toy", "MANGROVE_PACKAGES": "", "MANGROVE_RUN": "uname -s > made",
                    "MANGROVE_SCRIPTS": Self.repository.appending("scripts/ci").string,
                ]) { $1 }
                let lines = ["before_script", "script"].flatMap { job[$0]?.items?.compactMap(\.text) ?? [] }
                #expect(lines.count == 4)
                for _ in 0..<2 {
                    // The runner's own shell: all lines in one.
                    let outcome = try Program(
                        ["/bin/bash", "-c", "set -eo pipefail\n" + lines.joined(separator: "\n")],
                        environment: variables, directory: home.work
                    ).wait(seconds: 60)
                    #expect(outcome.status == 0, "\(outcome)")
                    #expect(try home.work.appending("made").readFile() == Array("Linux\n".utf8))
                    let work = try Directory.open(home.work)
                    #expect(try work.names().contains("mangrove.tar"))
                    try work.removeTree(".mangrove")
                    try work.unlink("made")
                }
            }
        }
    }
}

extension YAMLValue {
    var members: [String: YAMLValue]? { if case .mapping(let members) = self { members } else { nil } }
    var items: [YAMLValue]? { if case .sequence(let items) = self { items } else { nil } }
    subscript(key: String) -> YAMLValue? { members?[key] }
}
