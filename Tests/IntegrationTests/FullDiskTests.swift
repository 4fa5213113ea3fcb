// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// Builds on a file system of a few megabytes, which only the test's processes see.
    @Suite struct FullDiskTests {
        private static let size = 4 << 20
        private static let page = 4096

        private static func project(_ home: Home, _ keys: String, steps: String) throws -> FilePath {
            let source = home.work.appending("project")
            try source.makeDirectories()
            let recipe = """
                {version: 1, base: {root: 'box'}, architectures: ['amd64'], \(keys)
                 steps: [\(steps)], artifacts: ['made']}
                """
            try AtomicFile.write(Array(recipe.utf8), to: source.appending("mangrove.json"))
            return source
        }

        /// Executes `script` where a small file system is mounted at `place`, its first argument; the rest start mangrove.
        private static func perform(
            _ script: String, at place: FilePath, _ home: Home, _ arguments: [String]
        ) throws -> Program.Outcome {
            try place.makeDirectories()
            let mounting = "mount -t tmpfs -o size=\(size) small \"$0\" || exit 99\n"
            return try home.start(
                arguments, before: ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", mounting + script, place.string]
            ).wait(seconds: 120)
        }

        @Test func aStepThatFillsItFailsAndNothingIsLeft() throws {
            try Home.with(.root) { home in
                let source = try Self.project(home, "", steps: "'dd if=/dev/zero of=made bs=1M count=8'")
                let script = "\"$@\"; status=$?; find \"$0\" -mindepth 1; exit $status"
                let outcome = try Self.perform(
                    script, at: home.directory.appending("cache/builds"), home, ["build", source.string])
                #expect(outcome.status == 1)
                #expect(outcome.errors.contains("No space left on device"), "\(outcome.errors)")
                #expect(outcome.errors.contains("step step 1: exit status 1"))
                #expect(outcome.output == "")
            }
        }

        @Test func aSourceThatDoesNotFitIsNotBuilt() throws {
            try Home.with(.root) { home in
                let tarball = home.work.appending("source.tar")
                let tree = home.scratch.appending("source-1")
                try tree.makeDirectories()
                try AtomicFile.write([UInt8](repeating: 1, count: 2 * Self.size), to: tree.appending("large"))
                try #require(
                    try Program(
                        ["/bin/tar", "-cf", tarball.string, "-C", home.scratch.string, "source-1"],
                        environment: [:], directory: home.scratch
                    ).wait().status == 0)
                let source = try Self.project(home, "from: {tarball: '\(tarball)'},", steps: "'touch made'")
                let script = "\"$@\"; status=$?; find \"$0\" -mindepth 1; exit $status"
                let outcome = try Self.perform(
                    script, at: home.directory.appending("cache/builds"), home, ["build", source.string])
                #expect(outcome.status == 125)
                #expect(outcome.errors.contains("No space left on device"), "\(outcome.errors)")
                #expect(outcome.output == "")
            }
        }

        /// Whatever it is that does not fit, the last artifact or the last record: the results are those of one build.
        @Test func resultsAreThoseOfOneBuild() throws {
            try Home.with(.root) { home in
                let source = try Self.project(home, "", steps: "'dd if=/dev/zero of=made bs=4096 count=$COUNT'")
                let script = """
                    "$@" --env COUNT=1 >/dev/null || exit 98
                    for count in \((1014...1024).map(String.init).joined(separator: " ")) 1500; do
                        "$@" --env COUNT=$count >/dev/null && status=0 || status=$?
                        cd "$0"
                        digest=$(sha256sum <amd64/made | cut -d' ' -f1)
                        consistent=no
                        grep -q $digest amd64.json && grep -q $digest amd64.provenance.json && consistent=yes
                        echo $count $status $consistent $(ls -A | grep -c '^[.]')
                        cd - >/dev/null
                        # As it was.
                        "$@" --env COUNT=1 >/dev/null || exit 97
                    done
                    """
                let outcome = try Self.perform(
                    script, at: home.scratch.appending("results"), home,
                    ["build", "--output", home.scratch.appending("results").string, source.string])
                #expect(outcome.status == 0, "\(outcome.errors)")
                let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ").dropFirst() }
                try #require(lines.count == 12, "\(outcome.output)")
                for line in lines {
                    #expect(
                        Array(line) == ["0", "yes", "0"] || Array(line) == ["125", "yes", "0"], "\(outcome.output)")
                }
                #expect(Set(lines.map { $0.first ?? "" }) == ["0", "125"], "\(outcome.output)")
                #expect(outcome.errors.contains("No space left on device"))
            }
        }
    }
}
