// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import Provisioning
import SystemPackage
import Testing

/// A MANGROVE_HOME of one user's with roots in it, and a directory of that user's to start mangrove in.
struct Home {
    let who: Who
    let scratch: FilePath
    var directory: FilePath { scratch.appending("home") }
    /// Where commands are started.
    var work: FilePath { scratch.appending("work") }

    func tree(_ name: String = "box") -> FilePath { directory.appending("roots").appending(name).appending("rootfs") }

    /// Calls `body` with a home of `who`'s that has a root of busybox called `box`.
    static func with(_ who: Who, _ body: (Home) throws -> Void) throws {
        try withScratchDirectory { scratch in
            let home = Home(who: who, scratch: scratch)
            guard chmod(scratch.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
            try home.work.makeDirectories()
            try home.add("box")
            try home.own(scratch)
            try body(home)
        }
    }

    /// Adds a root whose tree `make` fills: anything that can be executed here will do.
    func add(
        _ name: String, architecture: String = "amd64", make: (FilePath) throws -> Void = { try Busybox.make(in: $0) }
    ) throws {
        let tree = tree(name)
        try tree.makeDirectories()
        try make(tree)
        let record = RootRecord(
            name: try RootName(name), distro: "busybox", release: "1", version: "1", architecture: architecture,
            path: tree, created: RootRecord.now, verified: Verification(how: .none, digest: "sha256:0"),
            source: "busybox", ownership: .archive)
        try AtomicFile.write(record.encoded(), to: tree.removingLastComponent().appending("root.json"))
        try AtomicFile.write([], to: tree.removingLastComponent().appending("lock"))
        try own(directory)
    }

    /// Makes the user the owner of everything in `path`.
    func own(_ path: FilePath) throws {
        let (user, group) = who.ids
        guard user != 0 else { return }
        lchown(path.string, user, group)
        for name in try FileManager.default.subpathsOfDirectory(atPath: path.string) {
            lchown(path.string + "/" + name, user, group)
        }
    }

    /// Starts `mangrove` with these arguments.
    func start(
        _ arguments: [String], environment: [String: String] = [:], directory: FilePath? = nil,
        input: Program.Stream = .null, output: Program.Stream = .pipe, errors: Program.Stream = .pipe,
        keeping: [(CInt, CInt)] = [], ignoring: [CInt] = [], newGroup: Bool = false, before: [String] = []
    ) throws -> Program {
        var variables = [
            "MANGROVE_HOME": self.directory.string, "PATH": "/usr/bin:/bin", "HOME": scratch.string,
            // Not that of the machine that the tests run on.
            "MANGROVE_SYSTEM_CONFIG": scratch.appending("etc").string,
        ]
        variables.merge(environment) { $1 }
        return try Program(
            before + who.prefix + [Installation.program.string] + arguments, environment: variables,
            directory: directory ?? work, input: input, output: output, errors: errors, keeping: keeping,
            ignoring: ignoring, newGroup: newGroup)
    }

    /// Does `mangrove run box -- COMMAND` and waits for its end.
    func run(
        _ command: String..., options: [String] = [], environment: [String: String] = [:], directory: FilePath? = nil
    ) throws -> Program.Outcome {
        try start(
            ["run"] + options + ["box", "--"] + command, environment: environment, directory: directory
        ).wait()
    }

    /// Does `mangrove run box -- sh -c SCRIPT`.
    func shell(
        _ script: String, options: [String] = [], environment: [String: String] = [:], directory: FilePath? = nil
    ) throws -> Program.Outcome {
        try run("sh", "-c", script, options: options, environment: environment, directory: directory)
    }

    /// Every file in the home, with what tells whether it changed. Directories may have had something in them meanwhile.
    func contents() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory.string).sorted().map { name in
            var status = stat()
            lstat(directory.string + "/" + name, &status)
            if status.st_mode & S_IFMT == S_IFDIR { return "\(name) \(status.st_mode)" }
            return "\(name) \(status.st_mode) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }
    }
}

/// The smallest root that does something: the host's statically linked busybox.
enum Busybox {
    static func make(in tree: FilePath) throws {
        for name in ["bin", "dev", "etc", "home", "proc", "root", "run", "sys", "tmp", "usr/bin", "var/tmp"] {
            try tree.appending(FilePath(name).components).makeDirectories()
        }
        guard chmod(tree.appending("tmp").string, 0o1777) == 0 else { throw Errno(rawValue: errno) }
        let programs = try Directory.open(tree.appending("bin"))
        try programs.replaceFile(
            "busybox", with: try FilePath("/bin/busybox").readFile(), permissions: FilePermissions(rawValue: 0o755))
        for applet in applets {
            if let name = FilePath.Component(applet) {
                try programs.makeSymbolicLink(name, to: "busybox")
            }
        }
        let etc = try Directory.open(tree.appending("etc"))
        try etc.replaceFile(
            "passwd", with: Array("root:x:0:0::/root:/bin/sh\nbuild:x:7:8::/home:/bin/sh\n".utf8))
        try etc.replaceFile("hosts", with: Array("127.0.0.1 localhost\n".utf8))
        try etc.replaceFile("group", with: Array("root:x:0:\nbuild:x:8:\nextra:x:9:build\n".utf8))
    }

    private static let applets = [
        "cat", "chmod", "chown", "date", "dd", "echo", "env", "false", "grep", "hostname", "id", "ip", "kill", "ln",
        "ls", "mkdir",
        "mount", "nohup", "ps", "pwd", "readlink", "rm", "seq", "setsid", "sh", "sleep", "stat", "stty", "touch", "tr",
        "true", "tty", "umount", "uname", "wc", "yes",
    ]
}
