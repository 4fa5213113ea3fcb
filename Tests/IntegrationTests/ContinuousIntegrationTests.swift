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
