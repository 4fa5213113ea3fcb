// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Integrity
import Processes
import SystemPackage
import Testing

extension IntegrationTests {
    /// Roots as container images.
    @Suite struct ImageExportTests {
        /// The digest of the one image of a layout.
        private func digest(_ layout: FilePath) throws -> String {
            let index = String(decoding: try layout.appending("index.json").readFile(), as: UTF8.self)
            return try String(#require(index.split(separator: "\"").first { $0.hasPrefix("sha256:") }))
        }

        @Test(arguments: [Who.root, .delegated])
        func aRoundTripIsTheSameImage(who: Who) throws {
            try Home.with(who) { (home) throws in
                try home.configureImages([])
                let image = try home.makeImage(settings: #"{"Cmd": ["/bin/true"], "Labels": {"a": "b"}}"#)
                func done(_ words: String...) throws {
                    let outcome = try home.start(words).wait()
                    #expect(outcome.status == 0, "\(words): \(outcome)")
                }
                try done("create", "a", "oci-layout:image", "--arch", "amd64")
                try done("export", "a", "oci-layout:same")
                #expect(try digest(home.work.appending("same")) == image.manifest().digest.description)

                try done("run", "a", "--", "sh", "-c", "echo 1 >/etc/new; rm /etc/hosts; chmod 700 /home; rm /bin/yes")
                try done("export", "a", "oci-layout:changed:one")
                try done("create", "b", "oci-layout:changed:one", "--arch", "amd64")
                let script = "cat /etc/new; stat -c %a /home; ls /bin/yes"
                let changed = try home.mangrove("run", "b", "--", "sh", "-c", script)
                #expect(changed.output == "1\n700\n" && changed.status == 1, "\(changed)")
                try done("export", "b", "oci-layout:again:one")
                #expect(try digest(home.work.appending("again")) == digest(home.work.appending("changed")))
                // The first layer is the first image's.
                let kept = try home.mangrove("export", "b", "oci-layout:again:two")
                #expect(kept.errors.contains("2 layers, 2 of them unchanged"), "\(kept)")

                try done("export", "b", "docker-archive:b.tar:me/toy:1")
                try done("create", "c", "docker-archive:b.tar:me/toy:1", "--arch", "amd64")
                #expect(try home.mangrove("run", "c", "--", "sh", "-c", script).output == "1\n700\n")
                #expect(home.imageRemains() == [])
            }
        }

        /// Whoever makes it of the same, at another time and another place.
        @Test func sameRootsGiveTheSameImage() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                try mirror.publish(["1.2.9"])
                let distros = try mirror.catalogue()
                var digests: Set<String> = []
                for name in ["a", "b"] {
                    #expect(try home.create(name, distros: distros).status == 0)
                    for compression in ["gzip", "zstd"] {
                        let target = "oci-layout:\(name)-\(compression)"
                        #expect(try home.mangrove("export", name, target, "--compression", compression).status == 0)
                        digests.insert(try digest(home.work.appending("\(name)-\(compression)")))
                        let again = try home.mangrove("create", "again", target, "--arch", "amd64", "--replace")
                        #expect(again.status == 0, "\(again)")
                    }
                }
                #expect(digests.count == 2)
            }
        }

        @Test func aRegistryTakesIt() throws {
            try Home.with(.delegated) { (home) throws in
                let registry = try ImageRegistry(scratch: home.scratch)
                try home.configureImages([registry.host])
                _ = try home.makeImage()
                #expect(try home.mangrove("create", "a", "oci-layout:image", "--arch", "amd64").status == 0)
                #expect(try home.mangrove("run", "a", "--", "touch", "/new").status == 0)
                let target = "oci:\(registry.host)/team/toy:2"
                let pushed = try home.mangrove("export", "a", target)
                #expect(pushed.status == 0, "\(pushed)")
                #expect(try home.mangrove("create", "b", target, "--arch", "amd64").status == 0)
                #expect(try home.mangrove("run", "b", "--", "stat", "/new").status == 0)
                let flat = try home.mangrove("export", "b", "\(target)-flat", "--single-layer")
                #expect(flat.status == 0 && flat.errors.contains(": 1 layer;"), "\(flat)")
                let nobody = try home.mangrove("export", "b", "oci:127.0.0.1:9/x")
                #expect(nobody.status == 69 && nobody.errors.contains("cannot reach the registry"), "\(nobody)")
                #expect(home.imageRemains() == [])
            }
        }

        /// Whatever else is in a layout, a configuration or a registry is none of mangrove's business.
        @Test func nothingIsLostThatIsNotKnown() throws {
            try Home.with(.root) { (home) throws in
                let registry = try ImageRegistry(scratch: home.scratch)
                try home.configureImages([registry.host])
                let settings =
                    #"{"Cmd": ["/bin/true"], "ExposedPorts": {"80/tcp": {}}, "Healthcheck": {"Test": ["NONE"]}}"#
                _ = try home.makeImage(settings: settings)
                #expect(try home.mangrove("create", "a", "oci-layout:image", "--arch", "amd64").status == 0)
                #expect(try home.mangrove("run", "a", "--", "touch", "/new").status == 0)
                let index = home.work.appending("image/index.json")
                let other =
                    #"{"mediaType": "x", "digest": "sha256:00", "size": 1, "artifactType": "kept", "annotations": {"a": "b", "org.opencontainers.image.ref.name": "other"}}"#
                try AtomicFile.write(
                    Array(#"{"schemaVersion": 2, "subject": 7, "manifests": [\#(other)]}"#.utf8), to: index)
                #expect(try home.mangrove("export", "a", "oci-layout:image:new", "--single-layer").status == 0)
                let written = String(decoding: try index.readFile(), as: UTF8.self)
                for word in ["\"subject\":7", "\"artifactType\":\"kept\"", "\"new\""] {
                    #expect(written.contains(word), "\(written)")
                }
                try AtomicFile.write(Array("garbage".utf8), to: index)
                let refused = try home.mangrove("export", "a", "oci-layout:image:new")
                #expect(refused.status == 65, "\(refused)")
                #expect(try index.readFile() == Array("garbage".utf8))

                let target = "\(registry.host)/toy:1"
                #expect(try home.mangrove("export", "a", "oci:\(target)").status == 0)
                let config = try home.skopeo("inspect", "--config", "--raw", "docker://\(target)").outputText
                #expect(config.contains("ExposedPorts") && config.contains("Healthcheck"), "\(config)")
                // A key that cannot sign is found out before the tag is another's.
                let before = try home.skopeo("inspect", "--raw", "docker://\(target)").outputText
                #expect(try home.mangrove("run", "a", "--", "touch", "/newer").status == 0)
                let unsigned = try home.mangrove("export", "a", "oci:\(target)", "--sign-by", "nobody@example.org")
                #expect(unsigned.status == 78 && unsigned.errors.contains("cannot sign"), "\(unsigned)")
                #expect(try home.skopeo("inspect", "--raw", "docker://\(target)").outputText == before)
                // The policy is for what is fetched.
                try home.configureImages([registry.host], policy: #"{"default": [{"type": "reject"}]}"#)
                let pushed = try home.mangrove("export", "a", "oci:\(target)")
                #expect(pushed.status == 0, "\(pushed)")
            }
        }

        /// What podman takes and executes: where it executes anything at all, which it does not with every set-up of control groups.
        @Test func podmanRunsIt() throws {
            try Home.with(.root) { (home) throws in
                try home.configureImages([])
                _ = try home.makeImage(settings: #"{"Cmd": ["/bin/cat", "/etc/new"]}"#)
                #expect(try home.mangrove("create", "a", "oci-layout:image", "--arch", "amd64").status == 0)
                #expect(try home.mangrove("run", "a", "--", "sh", "-c", "echo from mangrove >/etc/new").status == 0)
                #expect(try home.mangrove("export", "a", "oci-layout:out:one").status == 0)
                let run = [
                    "run", "--rm", "--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
                ]
                let other = try podman(home, run + ["oci:image:latest", "/bin/true"])
                guard other.succeeded else {
                    print("podman executes nothing here, only pulls are tested: \(other.errorText)")
                    let pulled = try podman(home, ["pull", "oci:out:one"])
                    #expect(pulled.succeeded, "\(pulled.errorText)")
                    return
                }
                let done = try podman(home, run + ["oci:out:one"])
                #expect(done.succeeded && done.outputText == "from mangrove\n", "\(done.errorText)")
            }
        }

        private func podman(_ home: Home, _ arguments: [String]) throws -> ChildProcess {
            let store = home.scratch.appending("podman")
            return try ChildProcess.run(
                "/bin/sh",
                [
                    "-c", "cd \"$0\" && exec \"$@\"", home.work.string, "podman", "--root", "\(store)/root",
                    "--runroot",
                    "\(store)/run", "--tmpdir", "\(store)/tmp", "--storage-driver", "vfs", "--cgroup-manager",
                    "cgroupfs", "--runtime", "runc",
                ] + arguments, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=\(home.scratch)"])
        }

        @Test func whatIsThereIsNotOverwritten() throws {
            try Home.with(.root) { (home) throws in
                try AtomicFile.write([1], to: home.work.appending("file"))
                try home.work.appending("full/of/things").makeDirectories()
                for (target, status, words) in [
                    ("oci-layout:full", Int32(73), "cannot write an image to"), ("oci-layout:file", 73, ""),
                    ("docker-archive:none/a.tar", 73, ""), ("oci:UPPER/case", 64, ""),
                    ("oci-layout:", 64, "does not name an image"),
                ] {
                    let refused = try home.mangrove("export", "box", target, environment: ["SOURCE_DATE_EPOCH": "0"])
                    #expect(refused.status == status && refused.errors.contains(words), "\(target): \(refused)")
                }
                #expect(try home.work.appending("file").readFile() == [1])
                let xz = try home.mangrove("export", "box", "oci-layout:x", "--compression", "xz")
                #expect(xz.status == 64 && xz.errors.contains("gzip or zstd"), "\(xz)")
            }
        }
    }
}
