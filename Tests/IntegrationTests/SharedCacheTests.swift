// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import Integrity
import Processes
import SystemPackage
import Testing

extension IntegrationTests {
    /// Caches that machines share through a registry: one that has made something, and one that takes it.
    @Suite struct SharedCacheTests {
        private static let recipe = """
            {version: 1, base: "oci-layout:../image", architectures: ["amd64"], user: "root",
             steps: [{name: "make", run: "cat /etc/os-release >made"}], artifacts: ["made"]}
            """

        /// The layer of a build, and a registry that it can be pushed to.
        private func withLayer(_ who: Who, _ body: (Home, String) throws -> Void) throws {
            try Home.with(who) { (home) throws in
                let registry = try ImageRegistry(scratch: home.scratch)
                try home.configureImages([registry.host])
                _ = try home.makeImage()
                let source = home.work.appending("source")
                try source.makeDirectories()
                try AtomicFile.write(Array(Self.recipe.utf8), to: source.appending("mangrove.json"))
                try home.own(home.work)
                let built = try home.start(["build", source.string, "--output", "out"]).wait(seconds: 60)
                #expect(built.status == 0, "\(built)")
                try body(home, "oci:\(registry.host)/team/cache")
            }
        }

        /// Another machine of the same user's: nothing is in its cache.
        private func elsewhere(_ home: Home, _ arguments: String...) throws -> Program.Outcome {
            try home.start(arguments, environment: ["MANGROVE_HOME": "\(home.scratch)/elsewhere"]).wait(seconds: 60)
        }

        @Test(arguments: Who.allCases)
        func whatOneMachineMadeAnotherUses(who: Who) throws {
            try withLayer(who) { (home, repository) throws in
                let planned = try home.mangrove("cache", "push", repository, "--dry-run")
                #expect(planned.output.contains("push layer image-image-amd64-"), "\(planned)")
                let pushed = try home.mangrove("cache", "push", repository)
                #expect(pushed.status == 0 && pushed.errors.contains(": sha256:"), "\(pushed)")
                if who != .root {
                    try FilePath("\(home.scratch)/elsewhere").makeDirectories()
                    try home.own(FilePath("\(home.scratch)/elsewhere"))
                }
                let refused = try elsewhere(home, "cache", "pull", repository)
                #expect(refused.status == 65 && refused.errors.contains("no signature is required for"), "\(refused)")
                let pulled = try elsewhere(home, "cache", "pull", repository, "--allow-unsigned")
                #expect(pulled.status == 0 && pulled.errors.contains("pulled "), "\(pulled)")
                let again = try elsewhere(home, "cache", "pull", repository, "--allow-unsigned")
                #expect(again.status == 0 && again.errors.contains("everything exists already"), "\(again)")
                // The image is gone: what is built is built in what came from the registry.
                try Directory.open(home.work).removeTree("out")
                try Directory.open(home.work.appending("image")).removeTree("blobs")
                let built = try elsewhere(home, "build", "source", "--output", "out")
                #expect(built.status == 0, "\(built)")
                #expect(try home.work.appending("out/amd64/made").readFile() == Array("ID=toy\nVERSION_ID=1\n".utf8))
            }
        }

        @Test func whatIsConfiguredIsAskedFirst() throws {
            try withLayer(.root) { (home, repository) throws in
                #expect(try home.mangrove("cache", "push", repository).status == 0)
                let configuration = home.scratch.appending(".config/mangrove")
                try configuration.makeDirectories()
                let text = "{cache: {registry: '\(repository)', allowUnsigned: true}}"
                try AtomicFile.write(Array(text.utf8), to: configuration.appending("config.json"))
                try Directory.open(home.work.appending("image")).removeTree("blobs")
                let built = try elsewhere(home, "build", "source", "--output", "elsewhere-out")
                #expect(built.status == 0 && built.errors.contains("pulled "), "\(built)")
                // One that the registry does not have is made.
                let other = try elsewhere(home, "run", "oci-layout:image", "--arch", "amd64", "--", "true")
                #expect(other.status == 125 && other.errors.contains("is damaged"), "\(other)")
            }
        }

        /// By the policy's own means: signatures lie in a lookaside store (containers-registries.d(5)).
        @Test func whatTheTeamSignedIsTaken() throws {
            try withLayer(.root) { (home, repository) throws in
                try Signer.with { (signer) throws in
                    let key = try signer.makeKey("team")
                    let keys = home.scratch.appending("team.gpg")
                    try AtomicFile.write(try signer.export([key]).bytes, to: keys)
                    let host = try #require(repository.dropFirst("oci:".count).split(separator: "/").first)
                    let requirement = "[{\"type\": \"signedBy\", \"keyType\": \"GPGKeys\", \"keyPath\": \"\(keys)\"}]"
                    try home.configureImages(
                        [String(host)],
                        policy: """
                            {"default": [{"type": "insecureAcceptAnything"}], "transports": {"docker": {"\(host)": \(requirement)}}}
                            """)
                    let directory = home.scratch.appending(".config/containers/registries.d")
                    try directory.makeDirectories()
                    let store = "file://\(home.scratch)/signatures"
                    // The names that every release of skopeo knows.
                    let known = ["sigstore", "sigstore-staging"].map { "  \($0): \(store)" }
                    try AtomicFile.write(
                        Array(("default-docker:\n" + known.joined(separator: "\n") + "\n").utf8),
                        to: directory.appending("default.yaml"))
                    #expect(try home.mangrove("cache", "push", repository).status == 0)
                    let unsigned = try elsewhere(home, "cache", "pull", repository)
                    #expect(
                        unsigned.status == 65 && unsigned.errors.contains("the policy of this machine rejects"),
                        "\(unsigned)")
                    let pushed = try home.mangrove(
                        "cache", "push", repository, "--sign-by", key.hex, environment: ["GNUPGHOME": "\(signer.home)"])
                    #expect(pushed.status == 0, "\(pushed)")
                    let pulled = try elsewhere(home, "cache", "pull", repository)
                    #expect(pulled.status == 0 && pulled.errors.contains("pulled "), "\(pulled)")
                }
            }
        }

        /// What was put there by somebody else.
        @Test func whatIsNoEntryIsRefused() throws {
            try withLayer(.root) { (home, repository) throws in
                let host = repository.dropFirst("oci:".count)
                let image = "oci:\(home.work)/image:latest"
                #expect(try home.skopeo("copy", "-q", image, "docker://\(host):layer-toy").succeeded)
                let refused = try elsewhere(home, "cache", "pull", repository, "--allow-unsigned")
                #expect(
                    refused.status == 65 && refused.errors.contains("not written by mangrove cache push"),
                    "\(refused)")
                // One entry under the name of another.
                #expect(try home.mangrove("cache", "push", repository).status == 0)
                let tags = try home.skopeo("list-tags", "docker://\(host)").outputText
                let tag = try #require(tags.split(separator: "\"").first { $0.hasPrefix("layer-image-") })
                let moved = try home.skopeo("copy", "-q", "docker://\(host):\(tag)", "docker://\(host):layer-other")
                #expect(moved.succeeded, "\(moved.errorText)")
                let wrong = try elsewhere(
                    home, "cache", "pull", repository, "--allow-unsigned", "--only", "layer:other")
                #expect(wrong.status == 65 && wrong.errors.contains("expected this entry"), "\(wrong)")
                let none = try elsewhere(home, "cache", "pull", repository, "--allow-unsigned", "--only", "layer:none")
                #expect(none.status == 64 && none.errors.contains("has no layer none"), "\(none)")
                let nobody = try home.mangrove("cache", "push", "oci-layout:there")
                #expect(nobody.status == 64 && nobody.errors.contains("expected one in a registry"), "\(nobody)")
            }
        }
    }
}
