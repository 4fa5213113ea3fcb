// SPDX-License-Identifier: Apache-2.0

import Architectures
import Emulation
import Filesystem
import Fixtures
import Glibc
import Integrity
import SystemPackage
import Testing

@testable import Provisioning

/// A home with the root `debian`, whose programs are of a foreign architecture and do nothing but exit with status 42,
/// and an archive on loopback that has the same packages for this machine: its sed and dash are busybox.
struct AcceleratedScene {
    static let foreign: Architecture = Architecture.host == .arm64 ? .riscv64 : .arm64
    static let making = "making the tools tree for debian 12 \(foreign)"
    private static let packages = ["dash": "0.5.12-2", "sed": "4.9-1"]
    static let subject = ToolsTrees.Subject(distro: "debian", release: "12", architecture: foreign)

    let home: Home
    var mirror: PackageMirror
    private let distros: FilePath

    /// Calls `body` where the archive is one of this machine's architecture.
    static func with(_ who: Who = .root, _ body: (inout AcceleratedScene) throws -> Void) throws {
        guard Architecture.host == .amd64 else { return print("not tried here: the archive is for amd64") }
        try Home.withPackages(who) { home, mirror in
            try home.add("debian", architecture: foreign.rawValue) { try fillRoot($0) }
            let record = home.tree("debian").removingLastComponent().appending("root.json")
            var root = try RootRecord(parsing: try record.readFile(), at: record)
            (root.distro, root.release) = ("debian", "12")
            try AtomicFile.write(root.encoded(), to: record)
            let distros = try mirror.beDebian(codename: "toad", for: foreign, home: home)
            var scene = AcceleratedScene(home: home, mirror: mirror, distros: distros)
            // The scene's alone, which may stop its server.
            mirror.stop()
            try scene.publish()
            try body(&scene)
        }
    }

    private static func fillRoot(_ tree: FilePath) throws {
        for path in ["usr/bin", "var/lib/dpkg/info", "etc", "proc", "run", "tmp"] {
            try tree.appending(FilePath(path).components).makeDirectories()
        }
        for name in packages.keys {
            try list(name, in: tree)
            try install(foreign.probeProgram, as: name, in: tree)
        }
        try Directory.open(tree.pushing("usr/bin")).makeSymbolicLink("sh", to: "dash")
        try AtomicFile.write(status([:]), to: tree.pushing("var/lib/dpkg/status"))
        try AtomicFile.write(Array("root:x:0:0::/root:/usr/bin/sh\n".utf8), to: tree.pushing("etc/passwd"))
        try AtomicFile.write(Array("root:x:0:\n".utf8), to: tree.pushing("etc/group"))
    }

    private static func install(_ program: [UInt8], as name: String, in tree: FilePath) throws {
        try AtomicFile.write(
            program, to: tree.pushing(FilePath("usr/bin/\(name)")), permissions: FilePermissions(rawValue: 0o755))
    }

    /// That the package `name` has the program `name`.
    private static func list(_ name: String, in tree: FilePath) throws {
        try AtomicFile.write(
            Array("/usr/bin/\(name)\n".utf8), to: tree.pushing(FilePath("var/lib/dpkg/info/\(name).list")))
    }

    /// What dpkg says is installed in the root.
    private static func status(_ versions: [String: String]) -> [UInt8] {
        let paragraphs = packages.merging(versions) { $1 }.sorted { $0.key < $1.key }.map { name, version in
            "Package: \(name)\nStatus: install ok installed\nArchitecture: \(foreign)\nVersion: \(version)\n"
        }
        return Array(paragraphs.joined(separator: "\n").utf8)
    }

    /// As a package manager does it: other programs, and the database says so.
    func upgradeRoot(_ versions: [String: String]) throws {
        for name in versions.keys {
            try Self.install(Self.foreign.probeProgram, as: name, in: home.tree("debian"))
            try Self.list(name, in: home.tree("debian"))
        }
        try AtomicFile.write(Self.status(versions), to: home.tree("debian").pushing("var/lib/dpkg/status"))
        try home.own(home.tree("debian"))
    }

    /// The archive's packages, in these versions where they are not those of the root as it was made.
    /// `needs`: what one of them depends on.
    func publish(_ versions: [String: String] = [:], needs: [String: String] = [:]) throws {
        var libc = PackageMirror.package("libc6")
        let library = "usr/lib/\(Architecture.host.triplet)"
        for directory in ["lib64", "usr", "usr/lib", library] {
            libc.data.add("./\(directory)/", .directory, mode: 0o755)
        }
        // Nothing needs them: busybox is linked statically. But they have to be there.
        libc.data.add(".\(Architecture.host.loader)", content: "a loader", mode: 0o755)
        libc.data.add("./\(library)/libc.so.6", content: "a library")
        let program = try FilePath("/bin/busybox").readFile()
        let debs = Self.packages.merging(versions) { $1 }.sorted { $0.key < $1.key }.map { name, version in
            var deb = PackageMirror.package(name, "Depends: \(needs[name] ?? "libc6")\n", version: version)
            for directory in ["usr", "usr/bin"] { deb.data.add("./\(directory)/", .directory, mode: 0o755) }
            deb.data.add("./usr/bin/\(name)".utf8, content: program, target: [UInt8](), mode: 0o755)
            return deb
        }
        // Of the root's own architecture they are of no use: they are only to be found.
        let foreign = debs.map { deb in
            var deb = deb
            deb.architecture = Self.foreign.rawValue
            deb.fields = "Essential: yes\n"
            return deb
        }
        try mirror.publish("toad", [libc] + debs + foreign, architectures: "amd64 \(Self.foreign)")
    }

    /// Starts `mangrove` with these arguments.
    func start(_ arguments: [String], input: Program.Stream = .null) throws -> Program {
        try home.start(arguments, environment: ["MANGROVE_DISTROS": distros.string], input: input)
    }

    /// Does `mangrove run OPTIONS debian -- /usr/bin/sed --version`: 0 where it is the host's, 42 where it is emulated.
    func sed(_ options: String...) throws -> Program.Outcome {
        try start(["run"] + options + ["debian", "--", "/usr/bin/sed", "--version"]).wait(seconds: 60)
    }

    /// The same with a program that mangrove does not know.
    func echo() throws -> Program.Outcome {
        try start(["run", "debian", "--", "/usr/bin/echo"]).wait(seconds: 60)
    }

    /// Has the home's user configured with `lines`, too.
    func configure(_ lines: String) throws {
        try AtomicFile.write(
            Array("{mirrors: {debian: \"\(mirror.url)\"}, network: {attempts: 1}, \(lines)}".utf8),
            to: home.scratch.pushing(".config/mangrove/config.json"))
        try home.own(home.scratch)
    }

    /// A shell in the root, the host's own, that executes `script`.
    func shell(_ script: String) throws -> Program {
        try start(["run", "debian", "--", "/usr/bin/sh", "-c", script], input: .pipe)
    }

    var trees: ToolsTrees { ToolsTrees(Cache(home.directory.appending("cache"))) }

    /// What the tools trees are called.
    func toolsNames() throws -> [String] { try trees.store.names().map(\.description) }

    /// The newest tools tree's directory.
    func tools() throws -> FilePath {
        guard let name = try trees.newest(of: Self.subject) else { throw Errno.noSuchFileOrDirectory }
        return trees.store.path(of: name)
    }
}

extension PackageMirror {
    /// Writes a distros file in which it is the archive of Debian 12, for this machine's architecture and another, and
    /// a configuration of the home's user that has it asked first.
    func beDebian(codename: String, for foreign: Architecture, home: Home) throws -> FilePath {
        let text = """
            {"version": 1, "distros": {"debian": {
              "title": "Debian", "packageManager": "apt", "default": "12",
              "architectures": {"amd64": "amd64", "\(foreign)": "\(foreign)"},
              "archive": {
                "mirrors": [{"architectures": ["amd64", "\(foreign)"], "urls": ["\(url)"]}],
                "suites": [{"name": "{codename}"}], "components": ["main"], "enabledComponents": ["main"],
                "keys": ["\(key.hex)"], "keyURLs": ["\(url)/key.gpg"]},
              "releases": {"12": {"codename": "\(codename)"}}}}}
            """
        let path = scratch.appending("debian.json")
        try AtomicFile.write(Array(text.utf8), to: path)
        // Else the archive that this machine's own apt uses would be.
        let configuration = home.scratch.pushing(".config/mangrove/config.json")
        try configuration.removingLastComponent().makeDirectories()
        let mirrors = "{mirrors: {debian: \"\(url)\"}, network: {attempts: 1}}"
        try AtomicFile.write(Array(mirrors.utf8), to: configuration)
        try home.own(home.scratch)
        return path
    }
}
