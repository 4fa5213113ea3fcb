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
    /// Runs of the host's own uname, which stands in for a root's that exits with status 42.
    @Suite struct AccelerationMachineTests {
        private static let foreign: Architecture = Architecture.host == .arm64 ? .riscv64 : .arm64
        private static let libraries = "usr/lib/\(Architecture.host.triplet)"

        private static func copy(_ source: FilePath, to tree: FilePath, _ path: String) throws {
            let target = tree.pushing(FilePath(path))
            try target.removingLastComponent().makeDirectories()
            try AtomicFile.write(
                try source.readFile(), to: target, permissions: FilePermissions(rawValue: 0o755))
        }

        private static func fill(_ tree: FilePath, _ architecture: Architecture) throws {
            let paragraph =
                "Package: coreutils\nStatus: install ok installed\nArchitecture: \(architecture)\nVersion: 9.1\n"
            for path in ["usr/bin", "var/lib/dpkg/info", "etc", "run", "tmp"] {
                try tree.appending(FilePath(path).components).makeDirectories()
            }
            try AtomicFile.write(Array(paragraph.utf8), to: tree.appending("var/lib/dpkg/status"))
            try AtomicFile.write(
                Array("/usr/bin/uname\n".utf8), to: tree.appending("var/lib/dpkg/info/coreutils.list"))
        }

        private static func fillTools(_ tree: FilePath) throws {
            try fill(tree, .host)
            try copy("/usr/bin/uname", to: tree, "usr/bin/uname")
            try copy(FilePath(Architecture.host.loader), to: tree, String(Architecture.host.loader.dropFirst()))
            for name in ["libc.so.6", "libm.so.6", "libgcc_s.so.1"] {
                let source = FilePath("/\(libraries)/\(name)")
                if access(source.string, R_OK) == 0 { try copy(source, to: tree, "\(libraries)/\(name)") }
            }
            let record = try ToolsSeal(tree, for: foreign).apply()
            try AtomicFile.write(record.bytes, to: tree.removingLastComponent().appending("programs.json"))
        }

        @Test func nativeProgramsThatAskForTheMachineAreToldTheRoots() throws {
            try Home.with(.root) { home in
                try home.add("debian", architecture: Self.foreign.rawValue) { tree in
                    try Self.fill(tree, Self.foreign)
                    try AtomicFile.write(
                        Self.foreign.probeProgram, to: tree.appending("usr/bin/uname"),
                        permissions: FilePermissions(rawValue: 0o755))
                }
                let record = home.tree("debian").removingLastComponent().appending("root.json")
                var root = try RootRecord(parsing: try record.readFile(), at: record)
                (root.distro, root.release) = ("debian", "12")
                try AtomicFile.write(root.encoded(), to: record)
                let trees = ToolsTrees(Cache(home.directory.appending("cache")))
                root.name = try ToolsTrees.Subject(distro: "debian", release: "12", architecture: Self.foreign).name
                let place = trees.store.path(of: root.name)
                let tree = place.appending("rootfs")
                try Self.fillTools(tree)
                root.path = tree.string
                try AtomicFile.write(root.encoded(), to: place.appending("root.json"))
                try AtomicFile.write([], to: place.appending("lock"))
                try home.own(home.directory)
                try TreeManifest(of: tree).write(to: place.appending("manifest"))

                func uname(_ options: String...) throws -> Program.Outcome {
                    try home.start(["run"] + options + ["debian", "--", "/usr/bin/uname", "-m"]).wait()
                }
                let native = try uname("--accelerate")
                #expect(native.output == "\(Self.foreign.kernelName)\n", "\(native.errors)")
                // Nothing of it is in the environment, and what the user says of the machine is the emulator's.
                #expect(try uname("--env", "QEMU_UNAME=1.2").status == 42)
                #expect(try uname("--no-accelerate").status == 42)
            }
        }
    }
}
