// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Emulation
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Provisioning

extension IntegrationTests {
    /// Runs in a root whose only program of a foreign architecture exits with status 42, and for which the host's
    /// busybox stands in as `sed`.
    @Suite struct AccelerationTests {
        private static let foreign: Architecture = Architecture.host == .arm64 ? .riscv64 : .arm64

        private static func paragraph(_ architecture: Architecture) -> [UInt8] {
            Array("Package: sed\nStatus: install ok installed\nArchitecture: \(architecture)\nVersion: 4.9-1\n".utf8)
        }

        /// A tree with the package sed, whose program is `program`.
        private static func fill(_ tree: FilePath, _ architecture: Architecture, _ program: [UInt8]) throws {
            for path in ["usr/bin", "usr/lib/\(Architecture.host.triplet)", "var/lib/dpkg/info", "etc", "run", "tmp"] {
                try tree.appending(FilePath(path).components).makeDirectories()
            }
            try AtomicFile.write(paragraph(architecture), to: tree.appending("var/lib/dpkg/status"))
            try AtomicFile.write(Array("/usr/bin/sed\n".utf8), to: tree.appending("var/lib/dpkg/info/sed.list"))
            try AtomicFile.write(
                program, to: tree.appending("usr/bin/sed"), permissions: FilePermissions(rawValue: 0o755))
            try AtomicFile.write(Array("root:x:0:0::/root:/usr/bin/sed\n".utf8), to: tree.appending("etc/passwd"))
            try AtomicFile.write(Array("root:x:0:\n".utf8), to: tree.appending("etc/group"))
        }

        /// A home with the root `debian` and the tools tree for it.
        private static func with(_ who: Who, _ body: (Home, ToolsTrees) throws -> Void) throws {
            try Home.with(who) { home in
                try home.add("debian", architecture: foreign.rawValue) { tree in
                    try fill(tree, foreign, foreign.probeProgram)
                }
                let record = home.tree("debian").removingLastComponent().appending("root.json")
                var root = try RootRecord(parsing: try record.readFile(), at: record)
                (root.distro, root.release) = ("debian", "12")
                try AtomicFile.write(root.encoded(), to: record)
                let trees = ToolsTrees(Cache(home.directory.appending("cache")))
                let subject = ToolsTrees.Subject(distro: "debian", release: "12", architecture: foreign)
                let place = trees.store.path(of: try subject.name)
                let tree = place.appending("rootfs")
                try fill(tree, .host, try FilePath("/bin/busybox").readFile())
                let loader = tree.appending(FilePath(String(Architecture.host.loader.dropFirst())).components)
                try loader.removingLastComponent().makeDirectories()
                try AtomicFile.write([0], to: loader)
                root.name = try subject.name
                root.path = tree.string
                try AtomicFile.write(root.encoded(), to: place.appending("root.json"))
                try AtomicFile.write([], to: place.appending("lock"))
                try ToolsTrees.write(ToolsRecord(), to: place)
                try home.own(home.directory)
                try TreeManifest(of: tree).write(to: place.appending(ToolsTrees.manifest))
                try home.own(place.appending(ToolsTrees.manifest))
                try body(home, trees)
            }
        }

        private static func sed(_ home: Home, _ options: String...) throws -> Program.Outcome {
            try home.start(["run"] + options + ["debian", "--", "/usr/bin/sed", "--version"]).wait()
        }

        @Test(arguments: Who.allCases)
        func theHostsProgramStandsInForTheRoots(who: Who) throws {
            try Self.with(who) { home, _ in
                let native = try Self.sed(home, "--accelerate")
                #expect(native.status == 0)
                #expect(native.output.contains("sed"))
                // By itself, where there is a tools tree.
                #expect(try Self.sed(home).status == 0)
                #expect(try Self.sed(home, "--no-accelerate").status == 42)
                // Nothing of it is left in the root.
                #expect(try Directory.open(home.tree("debian").appending("run")).names().isEmpty)
            }
        }

        @Test(arguments: Who.allCases)
        func aDryRunShowsThePlanAndWritesNothing(who: Who) throws {
            try Self.with(who) { home, _ in
                for isFirst in [true, false] {
                    let before = try home.contents()
                    let planned = try Self.sed(home, "--dry-run")
                    #expect(planned.status == 0, "\(planned.errors)")
                    #expect(planned.output.contains("/dispatch-full\n"))
                    #expect(planned.output.contains(" at /run/mangrove/tools, read-only\n"))
                    #expect(try home.contents() == before, "first: \(isFirst)")
                    #expect(try Self.sed(home).status == 0)
                }
            }
        }

        @Test func aReplacedProgramIsEmulated() throws {
            try Self.with(.root) { home, _ in
                #expect(try Self.sed(home).status == 0)
                try AtomicFile.write(
                    Self.foreign.probeProgram, to: home.tree("debian").appending("usr/bin/sed"),
                    permissions: FilePermissions(rawValue: 0o755))
                #expect(try Self.sed(home).status == 42)
            }
        }

        @Test func profilesTellWhatRanHow() throws {
            try Self.with(.root) { home, _ in
                let native = try Self.sed(home, "--profile", "--format", "json")
                #expect(native.errors.contains("\"program\" : \"/usr/bin/sed\""))
                #expect(native.errors.contains("\"executions\" : 1"))
                #expect(try Self.sed(home, "--profile", "--no-accelerate").status == 125)
            }
        }
    }
}
