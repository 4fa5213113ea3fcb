// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Integrity
import SystemPackage
import Testing

extension IntegrationTests {
    /// Images that are damaged, hostile, of another kind, or not to be had.
    @Suite struct BrokenImageTests {
        struct Broken: CustomTestStringConvertible, Sendable {
            let testDescription: String
            let status: Int32
            /// A part of what is said.
            let words: String
            let make: @Sendable (inout ImageBuilder) throws -> Void

            init(
                _ title: String, _ status: Int32 = 65, says words: String,
                _ make: @escaping @Sendable (inout ImageBuilder) throws -> Void
            ) {
                (testDescription, self.status, self.words, self.make) = (title, status, words, make)
            }
        }

        /// The first digest in a descriptor.
        private static func digest(_ descriptor: String) throws -> Digest {
            let text = try #require(descriptor.split(separator: "\"").first { $0.hasPrefix("sha256:") })
            return try #require(Digest(.sha256, hex: text.dropFirst(7)))
        }

        private static func layer(_ entries: (String, TarBuilder.Kind, String)...) -> TarBuilder {
            var tar = TarBuilder()
            for (name, kind, text) in entries {
                let isLink = kind == .symbolicLink
                tar.add(name, kind, content: isLink ? "" : text, target: isLink ? text : "", mode: 0o755)
            }
            return tar
        }

        static let all: [Broken] = [
            .init("another layer under its digest", says: "") { image in
                try AtomicFile.write(Array("other".utf8), to: image.path(of: digest(image.layers[0])))
            },
            .init("no layer under its digest", says: "") { image in
                let name = try #require(FilePath.Component(digest(image.layers[0]).hex))
                try Directory.open(image.directory.appending("blobs/sha256")).unlink(name)
            },
            .init("another size", says: "bytes, found") { image in
                var parts = image.layers[0].split(separator: ":").map(String.init)
                parts[parts.count - 1] = "17}"
                image.layers[0] = parts.joined(separator: ":")
            },
            .init("a layer of another digest inside", says: "it unpacks to sha256:") { image in
                image.diffIDs[0] = "sha256:" + String(repeating: "0", count: 64)
            },
            .init("too few layers in the configuration", says: "") { image in image.diffIDs = [] },
            .init("no digest in the configuration", says: "invalid digest") { image in
                image.diffIDs[0] = "sha256:../../x"
            },
            .init("an unknown kind of layer", says: "") { image in
                image.layers[0] = image.layers[0].replacing("layer.v1.tar+gzip", with: "layer.v9.zip")
            },
            .init("an encrypted layer", says: "") { image in
                image.layers[0] = image.layers[0].replacing("tar+gzip", with: "tar+gzip+encrypted")
            },
            .init("a layer that is no archive", says: "is not an archive") { image in
                let bytes = Array("hello, this is text".utf8)
                let digest = try image.blob(bytes)
                image.layers.append(
                    ImageBuilder.descriptor(
                        "application/vnd.oci.image.layer.v1.tar", digest.description, bytes.count))
                image.diffIDs.append(digest.description)
            },
            .init("a layer that is cut short", says: "") { image in
                let old = try digest(image.layers[0])
                let bytes = try Array(image.path(of: old).readFile().dropLast(100))
                image.layers[0] = ImageBuilder.descriptor(
                    "application/vnd.oci.image.layer.v1.tar+gzip", try image.blob(bytes).description, bytes.count)
            },
            .init("a layer that leads out by a link of an earlier one", says: "is a symbolic link that leaves the root")
            {
                image in
                try image.add(layer(("out", .symbolicLink, "../../../../../../tmp")))
                try image.add(layer(("out/from-an-image", .file, "x")))
            },
            .init("a layer that leads out by an absolute link", says: "is a symbolic link that leaves the root") {
                image in
                try image.add(layer(("out", .symbolicLink, "/tmp"), ("out/from-an-image", .file, "x")))
            },
            .init("a whiteout of the directory above", says: "its whiteout hides an invalid name") { image in
                try image.add(layer((".wh...", .file, "")))
            },
            .init("a name that leads out", says: "has a component \"..\"") { image in
                try image.add(layer(("../from-an-image", .file, "x")))
            },
            .init("no layer", says: "it has no layers") { image in (image.layers, image.diffIDs) = ([], []) },
            .init("another system", says: "for windows") { image in image.os = "windows" },
            .init("another architecture", says: "has no image for amd64") { image in image.architecture = "s390x" },
            .init("an artifact", says: "") { image in image.configurationType = "application/vnd.example.chart+json" },
        ]

        @Test(arguments: all)
        func aBrokenImageIsRefused(broken: Broken) throws {
            try Home.with(.root) { (home) throws in
                try home.configureImages([])
                _ = try home.makeImage(more: broken.make)
                let refused = try home.mangrove("create", "a", "oci-layout:image", "--arch", "amd64")
                #expect(refused.status == broken.status && refused.errors.contains(broken.words), "\(refused)")
                #expect(refused.errors.split(separator: "\n").count <= 6, "\(refused.errors)")
                #expect(try home.roots() == ["box"])
                #expect(home.imageRemains() == [])
                #expect((try? FilePath("/tmp/from-an-image").readFile()) == nil)
            }
        }

        @Test(arguments: ["index.json", "oci-layout", "manifest", "configuration"], ["", "{", "[]", "missing"])
        func aLayoutThatIsNoneIsRefused(part: String, contents: String) throws {
            try Home.with(.root) { (home) throws in
                try home.configureImages([])
                let image = try home.makeImage()
                var path = image.directory.appending(part)
                let (digest, _) = try image.manifest()
                if part == "manifest" { path = image.path(of: digest) }
                if part == "configuration" {
                    let text = String(decoding: try image.path(of: digest).readFile(), as: UTF8.self)
                    path = try image.path(of: Self.digest(text))
                }
                if contents == "missing", let name = path.lastComponent {
                    try Directory.open(path.removingLastComponent()).unlink(name)
                } else {
                    try AtomicFile.write(Array(contents.utf8), to: path)
                }
                let refused = try home.mangrove("create", "a", "oci-layout:image", "--arch", "amd64")
                // Nobody needs the marker to read what is there.
                #expect(refused.status == (part == "oci-layout" ? 0 : 65), "\(refused)")
                #expect(home.imageRemains() == [])
            }
        }

        /// What a registry answers with, the status it leads to and a part of what is said.
        @Test(arguments: [
            (401, Int32(77), "skopeo login"), (403, 77, "not allowed to use"), (404, 65, "no such image"),
            (429, 69, "limits requests"), (500, 69, ""), (503, 69, ""),
        ])
        func whatARegistryRefusesIsSaid(answer: Int, status: Int32, words: String) throws {
            try Home.with(.root) { (home) throws in
                let headers = answer == 401 ? ["WWW-Authenticate": "Basic realm=\"here\""] : ["Retry-After": "0"]
                let server = try FaultServer(
                    [
                        "/v2/": [.text("{}")],
                        "/v2/team/toy/manifests/latest": [.status(answer, headers: headers)],
                    ], scratch: home.scratch)
                let host = String(server.url.dropFirst("http://".count))
                try home.configureImages([host])
                let refused = try home.start(["create", "a", "oci:\(host)/team/toy", "--arch", "amd64"]).wait(
                    seconds: 120)
                #expect(refused.status == status && refused.errors.contains(words), "\(refused)")
                #expect(refused.errors.contains("oci:\(host)/team/toy"))
                #expect(try home.roots() == ["box"])
            }
        }

        @Test func whatCannotBeAskedForIsSaid() throws {
            try Home.with(.root) { (home) throws in
                try home.configureImages([])
                let missing = try home.mangrove("create", "a", "oci-layout:none")
                #expect(missing.status == 66 && missing.errors.contains("none"), "\(missing)")
                for (arguments, words) in [
                    (["oci-layout:image", "--variant", "minbase"], "--variant does not apply to images"),
                    (["oci-layout:image", "--mirror", "https://a.example"], "--mirror does not apply"),
                    (["oci:-bad"], "does not name an image"),
                    (["oci:Debian"], "repository name must be lowercase"),
                    (["oci:debian@sha256:1"], "expected the name of an image"),
                ] {
                    let refused = try home.start(["create", "a"] + arguments).wait()
                    #expect(refused.status == 64 && refused.errors.contains(words), "\(refused)")
                }
                let without = try home.start(
                    ["create", "a", "oci:debian"],
                    before: [
                        "/usr/bin/unshare", "--mount", "sh", "-c",
                        "mount --bind /dev/null /usr/bin/skopeo && exec \"$@\"", "sh",
                    ]
                ).wait()
                #expect(without.status == 78 && without.errors.contains("skopeo is not installed"), "\(without)")
                #expect(try home.roots() == ["box"])
            }
        }
    }
}
