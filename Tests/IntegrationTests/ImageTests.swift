// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Integrity
import Glibc
import Processes
import SystemPackage
import Testing

extension IntegrationTests {
    /// Container images as bases of roots.
    @Suite struct ImageTests {
        private static let settings = """
            {"Env": ["GREETING=hello there", "PATH=/bin:/opt/bin"], "Entrypoint": ["/bin/sh", "-c"],
             "Cmd": ["echo $GREETING, $(id -u):$(id -g) in $(pwd), $PATH"], "User": "build", "WorkingDir": "/srv",
             "Labels": {"a": "b"}}
            """

        private func withSrv(_ image: inout ImageBuilder) throws {
            var tar = TarBuilder()
            tar.add("srv/", .directory, mode: 0o755)
            tar.add("srv/file", content: "in a second layer")
            try image.add(tar, compression: "gzip")
        }

        @Test(arguments: Who.allCases)
        func anImageIsMadeFromWhereverItIs(who: Who) throws {
            try Home.with(who) { (home) throws in
                let registry = try ImageRegistry(scratch: home.scratch)
                try home.configureImages([registry.host])
                _ = try home.makeImage(settings: Self.settings, more: withSrv)
                for target in ["docker://\(registry.host)/team/toy:1", "docker-archive:\(home.work)/toy.tar"] {
                    let copied = try home.skopeo("copy", "-q", "oci:\(home.work)/image:latest", target)
                    #expect(copied.succeeded, "\(copied.errorText)")
                }
                try home.own(home.work)
                // As docker before version 25 pushes it.
                let pushed = try home.skopeo(
                    "copy", "-q", "--format", "v2s2", "oci:\(home.work)/image:latest",
                    "docker://\(registry.host)/team/old:1")
                #expect(pushed.succeeded, "\(pushed.errorText)")
                let sources = [
                    "oci:\(registry.host)/team/old:1", "oci-layout:image", "oci-layout:\(home.work)/image:latest",
                    "docker-archive:toy.tar",
                    "oci:\(registry.host)/team/toy:1",
                ]
                let user = who == .single ? "0:0" : "7:8"
                for source in sources {
                    let made = try home.mangrove("create", "a", source, "--arch", "amd64", "--replace")
                    #expect(made.status == 0, "\(source): \(made.errors)")
                    if who != .single {
                        let run = try home.mangrove("run", "a")
                        #expect(run.output == "hello there, \(user) in /srv, /bin:/opt/bin\n", "\(source): \(run)")
                    }
                    let other = try home.mangrove(
                        "run", "--user", "root", "a", "--", "sh", "-c", "id -u; cat /srv/file")
                    #expect(other.output == "0\nin a second layer", "\(other)")
                }
                let inspected = try home.mangrove("inspect", "a", "--format", "json").output
                for word in ["team/toy:1", "insecureAcceptAnything", "\"WorkingDir\" : \"/srv\""] {
                    #expect(inspected.contains(word), "\(inspected)")
                }
                let passing = try home.mangrove(
                    "run", "--user", "root", "oci:\(registry.host)/team/toy:1", "--", "cat", "/srv/file")
                // What is asked for is an arm64 one, and there is none.
                #expect(passing.status == 125 && passing.errors.contains("has no image for arm64"), "\(passing)")
                for _ in 0..<2 {
                    let script = "cat /srv/file && echo x >/srv/file"
                    let run = try home.mangrove(
                        "run", "--arch", "amd64", "--user", "root", "oci:\(registry.host)/team/toy:1", "--", "sh", "-c",
                        script)
                    #expect(run.status == 0 && run.output == "in a second layer", "\(run)")
                }
                let shell = try home.start(
                    ["shell", "--arch", "amd64", "--user", "root", "oci:\(registry.host)/team/toy:1"], input: .pipe)
                shell.write("cat /srv/file; exit 3\n")
                let left = try shell.wait()
                #expect(left.status == 3 && left.output == "in a second layer", "\(left)")
                if who != .single {
                    let run = try home.mangrove("run", "--arch", "amd64", "oci-layout:image")
                    #expect(run.output == "hello there, \(user) in /srv, /bin:/opt/bin\n", "\(run)")
                }
                #expect(try home.roots() == ["a", "box"])
                #expect(home.imageRemains() == [])
            }
        }

        /// What is here is not fetched again; and where the registry cannot be asked, it is taken as it is.
        @Test func whatIsHereIsUsedAgain() throws {
            try Home.with(.root) { home in
                var registry: ImageRegistry? = try ImageRegistry(scratch: home.scratch)
                let host = try #require(registry?.host)
                try home.configureImages([host])
                let image = try home.makeImage()
                let source = "oci:\(host)/toy"
                #expect(
                    try home.skopeo("copy", "-q", "oci:\(image.directory):latest", "docker://\(host)/toy").succeeded)
                func create(_ name: String, _ source: String) throws -> Program.Outcome {
                    try home.mangrove("create", name, source, "--arch", "amd64")
                }
                #expect(try create("a", source).status == 0)
                // A damaged blob is fetched anew, and the damaged one never unpacked.
                let layer = try #require(image.layers.first).split(separator: "\"").first { $0.hasPrefix("sha256:") }
                let blob = home.directory.appending("cache/images/blobs/sha256").appending(
                    String(try #require(layer).dropFirst(7)))
                try AtomicFile.write(Array("damaged".utf8), to: blob)
                #expect(try create("b", source).status == 0)
                #expect(try home.mangrove("run", "b", "--", "true").status == 0)
                let digest = try image.manifest().digest
                #expect(try create("c", "\(source)@\(digest)").status == 0)
                registry = nil
                let offline = try create("d", source)
                #expect(offline.status == 0 && offline.errors.contains("using the one fetched on"), "\(offline)")
                let pinned = try create("e", "\(source)@\(digest)")
                #expect(pinned.status == 0 && !pinned.errors.contains("cannot reach"), "\(pinned)")
                let unknown = try create("f", "oci:\(host)/other")
                #expect(unknown.status == 69 && unknown.errors.contains("cannot reach the registry"), "\(unknown)")
                #expect(try home.mangrove("cache", "list").output.contains("blobs of images"))
                #expect(try home.mangrove("cache", "prune").status == 0)
                #expect(try create("g", source).status == 69)
                #expect(home.imageRemains() == [])
            }
        }

        /// Those of other images, too, which have the same layer.
        @Test func aDamagedLayerIsFetchedAnew() throws {
            try Home.with(.root) { home in
                let registry = try ImageRegistry(scratch: home.scratch)
                try home.configureImages([registry.host])
                let image = try home.makeImage(more: withSrv)
                for name in ["a", "b"] {
                    let target = "docker://\(registry.host)/\(name)"
                    #expect(try home.skopeo("copy", "-q", "oci:\(image.directory):latest", target).succeeded)
                }
                #expect(try home.mangrove("create", "a", "oci:\(registry.host)/a", "--arch", "amd64").status == 0)
                let blobs = home.directory.appending("cache/images/blobs/sha256")
                for name in try Directory.open(blobs).names() {
                    try AtomicFile.write(Array("damaged".utf8), to: blobs.appending(name))
                }
                let made = try home.mangrove("create", "b", "oci:\(registry.host)/b", "--arch", "amd64")
                #expect(made.status == 0, "\(made)")
            }
        }

        /// Out of an index the image for the architecture is taken.
        @Test func theArchitectureChooses() throws {
            try Home.with(.root) { home in
                let registry = try ImageRegistry(scratch: home.scratch)
                try home.configureImages([registry.host])
                var image = try home.makeImage()
                let own = try image.manifest().descriptor
                // Of no use but for its name.
                image.architecture = "arm64"
                try image.publish([image.manifest().descriptor, own])
                let index = String(decoding: try image.directory.appending("index.json").readFile(), as: UTF8.self)
                let bytes = Array(
                    index.replacing(
                        "{\"schemaVersion\":2,",
                        with: "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
                    ).utf8)
                let list = ImageBuilder.descriptor(
                    "application/vnd.oci.image.index.v1+json", try image.blob(bytes).description, bytes.count,
                    #","annotations":{"org.opencontainers.image.ref.name":"all"}"#)
                try image.publish([list])
                let source = "oci:\(registry.host)/toy"
                let copied = try home.skopeo(
                    "copy", "-q", "--all", "oci:\(image.directory):all", "docker://\(registry.host)/toy")
                #expect(copied.succeeded, "\(copied.errorText)")
                let made = try home.mangrove("create", "a", source, "--arch", "amd64")
                #expect(made.status == 0, "\(made)")
                let record = try home.mangrove("inspect", "a", "--format", "json").output
                #expect(try record.contains(Digest.of(bytes).description) && own.contains(recordedDigest(record)))
                let planned = try home.mangrove("create", "b", source, "--arch", "amd64", "--dry-run")
                #expect(try planned.output.contains("expect \(recordedDigest(record))\n"), "\(planned)")
                for options in [[], ["--dry-run"]] {
                    let none = try home.start(["create", "b", source, "--arch", "riscv64"] + options).wait()
                    #expect(none.status == 65 && none.errors.contains("it has amd64, arm64"), "\(none)")
                }
            }
        }

        /// `verified.digest` of a record.
        private func recordedDigest(_ record: String) throws -> String {
            let part = try #require(record.split(separator: "\"verified\"").last)
            return String(try #require(part.split(separator: "\"").first { $0.hasPrefix("sha256:") }))
        }

        @Test func aNameThatMeansAnotherImageIsRefreshed() throws {
            try Home.with(.root) { home in
                let registry = try ImageRegistry(scratch: home.scratch)
                try home.configureImages([registry.host])
                let image = try home.makeImage()
                let (source, target) = ("oci:\(registry.host)/toy:1", "docker://\(registry.host)/toy:1")
                #expect(try home.skopeo("copy", "-q", "oci:\(image.directory):latest", target).succeeded)
                let pinned = "\(source.dropLast(2))@\(try image.manifest().digest)"
                #expect(try home.mangrove("create", "a", source, "--arch", "amd64").status == 0)
                #expect(try home.mangrove("create", "pinned", pinned, "--arch", "amd64").status == 0)
                let unchanged = try home.mangrove("refresh", "a", "--exit-code")
                #expect(unchanged.status == 0 && unchanged.output.contains("unchanged"), "\(unchanged)")
                #expect(try home.mangrove("run", "a", "--", "touch", "/home/own").status == 0)
                let other = try home.makeImage("other", more: withSrv)
                #expect(try home.skopeo("copy", "-q", "oci:\(other.directory):latest", target).succeeded)
                let refreshed = try home.mangrove("refresh", "--all", "--exit-code")
                #expect(refreshed.status == 10 && refreshed.output.contains("held"), "\(refreshed)")
                let run = try home.mangrove("run", "a", "--", "sh", "-c", "cat /srv/file; ls /home")
                #expect(run.output == "in a second layerown\n", "\(run)")
                #expect(try home.mangrove("run", "pinned", "--", "stat", "/srv").status == 1)
            }
        }

        /// A program, and nothing else.
        @Test func anImageWithoutAShellRuns() throws {
            try Home.with(.root) { home in
                try home.configureImages([])
                var image = try ImageBuilder(home.work.appending("image"))
                (image.architecture, image.settings) = (
                    "amd64", #"{"Entrypoint": ["/busybox", "echo"], "Cmd": ["hello"]}"#
                )
                var tar = TarBuilder()
                tar.add("busybox".utf8, content: try FilePath("/bin/busybox").readFile(), mode: 0o755)
                try image.add(tar, compression: "zstd")
                try image.publish()
                let run = try home.mangrove("run", "--arch", "amd64", "oci-layout:image")
                #expect(run.status == 0 && run.output == "hello\n", "\(run)")
            }
        }

        /// A policy of the user's own decides, and the record says what it was.
        @Test func thePolicyDecides() throws {
            try Home.with(.root) { (home) throws in
                let image = try home.makeImage()
                let reject = #"{"default": [{"type": "reject"}]}"#
                try home.configureImages([], policy: reject)
                func create(_ more: String...) throws -> Program.Outcome {
                    try home.start(["create", "a", "oci-layout:\(image.directory)", "--arch", "amd64"] + more)
                        .wait()
                }
                let rejected = try create()
                #expect(
                    rejected.status == 65 && rejected.errors.contains("the policy of this machine rejects"),
                    "\(rejected)")
                try home.configureImages([])
                let unsigned = try create("--require-signature")
                #expect(unsigned.status == 65 && unsigned.errors.contains("is not signed"), "\(unsigned)")
                #expect(try home.roots() == ["box"])
                #expect(try create().status == 0)
                // What one policy accepted is not what another one accepts.
                try home.configureImages([], policy: reject)
                #expect(try create("--replace").status == 65)
                #expect(try home.mangrove("run", "a", "--", "true").status == 0)
            }
        }

        @Test func theTreeIsTheOneThatUmociMakes() throws {
            try Home.with(.root) { home in
                try home.configureImages([])
                let image = try home.makeImage { image in
                    for layer in Self.oddLayers() { try image.add(layer, compression: "gzip") }
                }
                let (bundle, other) = (home.scratch.appending("bundle"), home.directory.appending("roots/a/rootfs"))
                let unpacked = try ChildProcess.run(
                    "/usr/bin/env", ["umoci", "unpack", "--image", "\(image.directory):latest", bundle.string],
                    environment: ["PATH=/usr/bin:/bin", "HOME=\(home.scratch)"])
                #expect(unpacked.succeeded, "\(unpacked.errorText)")
                #expect(try home.mangrove("create", "a", "oci-layout:image", "--arch", "amd64").status == 0)
                // Those are mangrove's own.
                let script = """
                    cd "$0" && rm -f etc/hosts etc/resolv.conf && find . -path ./etc -prune -o -type d -printf '%p %y %m %U:%G %t\\n' \
                    -o -printf '%p %y %m %U:%G %n %s %t %l\\n' | sort; find . -type f -exec sha256sum {} + | sort
                    """
                let trees = try [bundle.appending("rootfs"), other].map {
                    try ChildProcess.run("/bin/sh", ["-c", script, $0.string], environment: ["PATH=/usr/bin:/bin"])
                        .outputText
                }
                #expect(trees[0] == trees[1])
                #expect(trees[0].contains("./opt/a/z"))
            }
        }

        /// Twenty of them, of all that a layer can say.
        private static func oddLayers() -> [TarBuilder] {
            typealias Entry = (name: String, kind: TarBuilder.Kind, text: String)
            let layers: [[Entry]] = [
                [
                    ("opt/", .directory, ""), ("opt/a/", .directory, ""), ("opt/a/b/", .directory, ""),
                    ("opt/a/b/c", .file, "1"),
                ],
                [("etc/x", .file, "1"), ("lib/", .directory, ""), ("lib/y", .file, "y")],
                [("etc/.wh.x", .file, "")],
                [("etc/x", .file, "again")],
                [("opt/a/.wh..wh..opq", .file, ""), ("opt/a/new", .file, "n")],
                [("opt/a/b/", .directory, ""), ("opt/a/b/e", .file, "e"), ("opt/a/.wh..wh..opq", .file, "")],
                [("opt/.wh.a", .file, "")],
                [("opt/a/", .directory, ""), ("opt/a/z", .file, "z")],
                [("lib/h", .hardLink, "lib/y")],
                [("lib/y", .file, "changed")],
                [("var/tmp", .file, "a file now")],
                [("var/tmp/", .directory, ""), ("var/tmp/again", .file, "")],
                [("var/link", .symbolicLink, "tmp")],
                [("var/link/", .directory, ""), ("var/link/real", .file, "r")],
                [("etc/.wh.nothing", .file, ""), ("none/.wh.nothing", .file, "")],
                [("lib/second", .hardLink, "lib/h"), ("lib/.wh.y", .file, "")],
                [("lib64", .symbolicLink, "lib")],
                [("lib64/through", .file, "a link")],
                [("etc/..wh.no", .file, "dots"), ("etc/a b\n.c", .file, "odd")],
                [(".wh.home", .file, ""), ("lib/p", .fifo, "")],
            ]
            return layers.map { entries in
                var tar = TarBuilder()
                for entry in entries {
                    let isLink = entry.kind == .hardLink || entry.kind == .symbolicLink
                    tar.add(
                        entry.name, entry.kind, content: isLink ? "" : entry.text, target: isLink ? entry.text : "",
                        mode: entry.kind == .directory ? 0o755 : entry.kind == .symbolicLink ? 0o777 : 0o644)
                }
                return tar
            }
        }
    }
}
