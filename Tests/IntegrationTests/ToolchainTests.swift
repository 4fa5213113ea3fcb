// SPDX-License-Identifier: Apache-2.0

import Architectures
import Filesystem
import Fixtures
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// `--toolchain`: an unpacked one, of programs of this machine.
    @Suite struct ToolchainTests {
        private static let place = "/run/mangrove/toolchain/bin"

        /// One whose compiler is `program`.
        private static func make(_ program: FilePath, in home: Home) throws -> FilePath {
            let chain = home.work.appending("chain")
            try chain.appending("bin").makeDirectories()
            try AtomicFile.write(
                program.readFile(), to: chain.pushing("bin/x-gcc"), permissions: FilePermissions(rawValue: 0o755))
            try home.own(chain)
            return chain
        }

        @Test(arguments: [Who.root, .delegated])
        func itsProgramsAreFoundFirstAndNothingChanges(who: Who) throws {
            try Home.with(who) { home in
                let chain = try Self.make("/bin/busybox", in: home)
                let before = try home.contents()
                let script = "command -v ${CROSS_COMPILE}gcc; touch \(Self.place)/new 2>/dev/null || echo read-only"
                let outcome = try home.shell(script, options: ["--toolchain", chain.string])
                #expect(outcome.output == "\(Self.place)/x-gcc\nread-only\n", "\(outcome.errors)")
                // What a user says of these variables holds, too.
                let asked = try home.shell(
                    "echo $PATH $CROSS_COMPILE",
                    options: ["--toolchain", chain.string, "--env", "PATH=/bin", "--env", "CROSS_COMPILE=y-"])
                #expect(asked.output == "\(Self.place):/bin y-\n")
                #expect(try home.contents() == before)
            }
        }

        @Test func aBuildUsesItAndSaysSo() throws {
            try Home.with(.root) { home in
                let chain = try Self.make("/bin/busybox", in: home)
                let source = home.work.appending("project")
                try source.makeDirectories()
                let recipe = """
                    {version: 1, base: {root: 'box'}, architectures: ['amd64'],
                     steps: ['command -v ${CROSS_COMPILE}gcc >made'], artifacts: ['made']}
                    """
                try AtomicFile.write(Array(recipe.utf8), to: source.appending("mangrove.json"))
                let words = ["build", "--toolchain", chain.string, source.string]
                let plan = try home.start(words + ["--dry-run"]).wait()
                #expect(plan.output.contains("toolchain: \(chain), x-gcc"), "\(plan.errors)")
                let outcome = try home.start(words).wait()
                #expect(outcome.status == 0, "\(outcome.errors)")
                let results = source.appending("mangrove-out")
                #expect(try results.pushing("amd64/made").readFile() == Array("\(Self.place)/x-gcc\n".utf8))
                // in-toto's dirHash, by sha256sum(1).
                let digest = try Program(
                    ["/bin/sh", "-c", "find . -type f | sed 's,^./,,' | LC_ALL=C sort | xargs sha256sum | sha256sum"],
                    environment: ["PATH": "/usr/bin:/bin"], directory: chain
                ).wait().output.prefix(64)
                let provenance = String(
                    decoding: try results.appending("amd64.provenance.json").readFile(), as: UTF8.self)
                #expect(provenance.contains("urn:x-mangrove:toolchain:x-gcc"))
                #expect(provenance.contains("dirHash") && provenance.contains(digest))
                let both = try home.start(words + ["--hosts", "other"]).wait()
                #expect(both.status == 125)
                #expect(both.errors.contains("--toolchain and --hosts cannot be combined"), "\(both.errors)")
            }
        }

        @Test func whatCannotWorkIsSaidBeforeAnythingRuns() throws {
            try Home.with(.root) { home in
                let chain = try Self.make("/usr/bin/true", in: home)
                let outcome = try home.shell("echo begun", options: ["--toolchain", chain.string])
                #expect(outcome.status == 125)
                #expect(outcome.output == "")
                #expect(outcome.errors.contains("its programs need \(Architecture.host.loader)"), "\(outcome.errors)")
                let none = try home.shell("echo begun", options: ["--toolchain", home.work.string])
                #expect(none.status == 125)
                #expect(none.errors.contains("expected bin/PREFIX-gcc"), "\(none.errors)")
            }
        }

        @Test func theLoaderIsTheToolsTrees() throws {
            try AcceleratedScene.with { scene in
                let chain = try Self.make("/usr/bin/true", in: scene.home)
                #expect(try scene.sed("--accelerate").status == 0)
                let loader = Architecture.host.loader
                let plan = try scene.start(["run", "--dry-run", "--toolchain", chain.string, "debian", "--", "true"])
                    .wait()
                let place = try scene.tools().appending("rootfs")
                let line = plan.output.split(separator: "\n").first {
                    $0.hasPrefix("mount: bind \(place)/") && $0.hasSuffix(" at \(loader), read-only")
                }
                #expect(line != nil, "\(plan)")
                let refused = try scene.start(
                    ["run", "--no-accelerate", "--toolchain", chain.string, "debian", "--", "true"]
                ).wait()
                #expect(refused.status == 125)
                #expect(refused.errors.contains("acceleration brings"), "\(refused.errors)")
            }
        }
    }
}
