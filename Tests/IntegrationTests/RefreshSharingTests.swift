// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Integrity
import Processes
import SystemPackage
import Testing

extension IntegrationTests {
    /// What many roots cost a mirror.
    @Suite struct RefreshSharingTests {
        /// Twenty roots of four distros, laid out as Debian, Ubuntu, Alpine and Void publish theirs: four requests, whose
        /// answers are that nothing has changed, and nothing is written.
        @Test func rootsOfSeveralDistrosShareARequestForEach() throws {
            try Home.withPackages(.root) { (home, mirror) throws in
                let distros = try publish(mirror)
                let releases = ["debianlike:7", "ubuntulike:1.2", "alpinelike:1.2", "voidlike:current"]
                for release in releases {
                    let name = "a-\(release.prefix { $0 != ":" })"
                    let made = try home.mangrove(
                        "create", name, release, "--arch", "amd64", "--distros", distros.string)
                    #expect(made.status == 0, "\(made)")
                    for number in 2...5 { try copy(name, as: "\(name)\(number)", in: home) }
                }
                let server = try #require(mirror.server)
                // The first look remembers what the server said.
                let first = try home.refresh("--all", distros: distros)
                #expect(first.status == 0, "\(first)")
                let asked = try server.requests().count
                let before = try home.contents()
                let outcome = try home.refresh("--all", "--exit-code", distros: distros)
                #expect(outcome.status == 0, "\(outcome)")
                #expect(
                    outcome.output.split(separator: "\n").filter { $0.contains("unchanged") }.count == 20, "\(outcome)")
                let requests = try server.requests().dropFirst(asked)
                #expect(
                    requests.map(\.path).sorted() == [
                        "/alpine/v1.2/releases/x86_64/latest-releases.yaml", "/dists/toad/InRelease",
                        "/ubuntu/releases/1.2/release/SHA256SUMS", "/void/live/current/sha256sum.txt",
                    ])
                #expect(requests.map(\.status) == [304, 304, 304, 304])
                #expect(try home.contents() == before)
            }
        }

        private func copy(_ name: String, as copy: String, in home: Home) throws {
            let roots = home.directory.appending("roots")
            let made = try ChildProcess.run(
                "/bin/cp", ["-a", roots.appending(name).string, roots.appending(copy).string],
                environment: ["PATH=/usr/bin:/bin"])
            #expect(made.succeeded)
            let record = roots.appending(copy).appending("root.json")
            let text = String(decoding: try record.readFile(), as: UTF8.self)
                .replacing("\"\(name)\"", with: "\"\(copy)\"")
                .replacing("roots/\(name)/", with: "roots/\(copy)/").replacing(
                    "roots\\/\(name)\\/", with: "roots\\/\(copy)\\/")
            try AtomicFile.write(Array(text.utf8), to: record)
        }

        /// Publishes one release of each, and returns a distros file that describes them.
        private func publish(_ mirror: PackageMirror) throws -> FilePath {
            try mirror.publish("toad", PackageMirror.base())
            let tree = mirror.scratch.appending("tree")
            try tree.makeDirectories()
            try Busybox.make(in: tree)
            func tarball(_ path: String) throws -> String {
                let file = mirror.directory.pushing(FilePath(path))
                try file.removingLastComponent().makeDirectories()
                let made = try ChildProcess.run(
                    "/usr/bin/tar", ["-C", tree.string, "-czf", file.string, "."], environment: ["PATH=/usr/bin:/bin"])
                #expect(made.succeeded)
                return try Digest.of(file.readFile()).hex
            }
            let ubuntu = try tarball("ubuntu/releases/1.2/release/ubuntu-base-1.2.9-base-amd64.tar.gz")
            try mirror.put(
                "ubuntu/releases/1.2/release/SHA256SUMS", Array("\(ubuntu) *ubuntu-base-1.2.9-base-amd64.tar.gz\n".utf8)
            )
            let void = try tarball("void/live/current/void-x86_64-ROOTFS-20260101.tar.gz")
            try mirror.put(
                "void/live/current/sha256sum.txt", Array("SHA256 (void-x86_64-ROOTFS-20260101.tar.gz) = \(void)\n".utf8)
            )
            let alpine = try tarball("alpine/v1.2/releases/x86_64/alpine-minirootfs-1.2.9-x86_64.tar.gz")
            let image = """
                ---
                -
                  title: "Mini root filesystem"
                  branch: v1.2
                  arch: x86_64
                  version: 1.2.9
                  flavor: alpine-minirootfs
                  file: alpine-minirootfs-1.2.9-x86_64.tar.gz
                  sha256: \(alpine)

                """
            try mirror.put("alpine/v1.2/releases/x86_64/latest-releases.yaml", Array(image.utf8))
            let path = mirror.scratch.appending("four.json")
            let debian = String(decoding: try mirror.catalogue().readFile(), as: UTF8.self)
                .replacing("\"toy\"", with: "\"debianlike\"")
            let others = [
                others(
                    mirror, "ubuntu", "releases/{number}/release", "SHA256SUMS",
                    "ubuntu-base-{version}-base-{arch}.tar.gz",
                    "amd64", "\"1.2\": {}"),
                others(
                    mirror, "void", "live/current", "sha256sum.txt", "void-{arch}-ROOTFS-{version}.tar.gz",
                    "x86_64", "\"current\": {}"),
                others(
                    mirror, "alpine", "v{number}/releases/{arch}", "latest-releases.yaml",
                    "alpine-minirootfs-{version}-{arch}.tar.gz", "x86_64", "\"1.2\": {}"),
            ]
            let text = debian.replacing("\"debianlike\"", with: others.joined() + "\"debianlike\"")
            try AtomicFile.write(Array(text.utf8), to: path)
            return path
        }

        private func others(
            _ mirror: PackageMirror, _ name: String, _ directory: String, _ index: String, _ file: String,
            _ machine: String,
            _ releases: String
        ) -> String {
            let form = index.hasSuffix("yaml") ? "alpine" : "checksums"
            let first = releases.split(separator: "\"")[0]
            return """
                "\(name)like": {
                  "title": "\(name)", "packageManager": "apk", "default": "\(first)", "architectures": {"amd64": "\(machine)"},
                  "tarball": {
                    "mirrors": ["\(mirror.url)/\(name)"], "index": {"form": "\(form)", "path": "\(directory)/\(index)"},
                    "file": "\(file)", "path": "\(directory)/{file}",
                    "signature": {"over": "nothing", "reason": "toys are not signed"}},
                  "releases": {\(releases)}},
                """
        }
    }
}
