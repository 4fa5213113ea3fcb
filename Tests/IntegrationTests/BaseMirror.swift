// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import Integrity
import Processes
import SystemPackage
import Testing

/// Base tarballs as a distro publishes them, with a signed list of checksums, on a server on loopback.
struct BaseMirror {
    let directory: FilePath
    let server: StaticServer
    let key: Fingerprint
    let signer: Signer
    private var release: FilePath { directory.appending("toy/releases/1.2/release") }

    /// Publishes versions 1.2.9 and 1.2.10 of a distro whose root is busybox.
    init(in scratch: FilePath, signer: Signer) throws {
        directory = scratch.appending("mirror")
        self.signer = signer
        key = try signer.makeKey("toy")
        server = try {
            try scratch.appending("mirror").makeDirectories()
            return try StaticServer(serving: scratch.appending("mirror"), scratch: scratch)
        }()
        try release.makeDirectories()
        let tree = scratch.appending("toy-tree")
        try tree.makeDirectories()
        try Busybox.make(in: tree)
        for version in ["1.2.9", "1.2.10"] {
            try AtomicFile.write(
                Array("ID=toy\nVERSION_ID=\(version)\n".utf8), to: tree.appending("etc/os-release"))
            let made = try ChildProcess.run(
                "/usr/bin/tar", ["-C", tree.string, "-czf", tarball(version).string, "."],
                environment: ["PATH=/usr/bin:/bin"])
            guard made.succeeded else { throw Errno.ioError }
        }
        try sign(by: key)
        try AtomicFile.write(try signer.export([key]).bytes, to: directory.appending("key.gpg"))
    }

    /// Has the list name these versions, and makes the tarball of one that is none of the first two.
    func publish(_ versions: [String], make: (FilePath) throws -> Void = { _ in }) throws {
        let tree = directory.removingLastComponent().appending("toy-tree")
        for version in versions where !["1.2.9", "1.2.10"].contains(version) {
            try AtomicFile.write(
                Array("ID=toy\nVERSION_ID=\(version)\n".utf8), to: tree.appending("etc/os-release"))
            try make(tree)
            let made = try ChildProcess.run(
                "/usr/bin/tar", ["-C", tree.string, "-czf", tarball(version).string, "."],
                environment: ["PATH=/usr/bin:/bin"])
            guard made.succeeded else { throw Errno.ioError }
        }
        try sign(by: key, versions: versions)
    }

    func tarball(_ version: String) -> FilePath { release.appending("toy-\(version)-amd64.tar.gz") }

    /// Writes the list of checksums as it stands, and its signature.
    func sign(by key: Fingerprint, versions: [String] = ["1.2.9", "1.2.10"]) throws {
        var sums = ""
        for version in versions {
            let digest = try Digest.of(tarball(version).readFile())
            sums += "\(digest.hex) *toy-\(version)-amd64.tar.gz\n"
        }
        try PublishedFile.write(Array(sums.utf8), to: release.appending("SHA256SUMS"))
        try PublishedFile.write(try signer.detached(sums, by: [key]), to: release.appending("SHA256SUMS.gpg"))
    }

    /// Writes a signature over each tarball, as Alpine publishes them.
    func signTarballs(by key: Fingerprint) throws {
        for version in ["1.2.9", "1.2.10"] {
            let signature = try signer.gpg(
                ["--local-user", key.hex, "--armor", "--detach-sign", "--output", "-", tarball(version).string]
            ).output
            try PublishedFile.write(signature, to: FilePath(tarball(version).string + ".asc"))
        }
    }

    /// Takes the signatures away.
    func removeSignatures() throws {
        let directory = try Directory.open(release)
        for name in try directory.names() where ["gpg", "asc"].contains(name.extension ?? "") {
            try directory.unlink(name)
        }
    }

    /// A distros file that describes it. `mirrors`: before this one; `signed`: whether it says that there are signatures;
    /// `over`: over what; `extra`: more members of `signature`.
    func catalogue(
        mirrors: [String] = [], signed: Bool = true, over: String = "index", extra: String = ""
    ) throws -> FilePath {
        let urls = (mirrors + ["\(server.url)/toy"]).map { "\"\($0)\"" }.joined(separator: ", ")
        let signature =
            signed
            ? """
            {"over": "\(over)", "path": "releases/{number}/release/\(over == "index" ? "SHA256SUMS.gpg" : "{file}.asc")",
             "keys": ["\(key.hex)"], "keyURLs": ["\(server.url)/key.gpg"]\(extra)}
            """ : "{\"over\": \"nothing\", \"reason\": \"toys are not signed\"}"
        let text = """
            {"version": 1, "distros": {"toy": {
              "title": "Toy", "packageManager": "apk", "default": "1.2", "architectures": {"amd64": "amd64"},
              "tarball": {
                "mirrors": [\(urls)],
                "index": {"form": "checksums", "path": "releases/{number}/release/SHA256SUMS"},
                "file": "toy-{version}-{arch}.tar.gz", "path": "releases/{number}/release/{file}",
                "signature": \(signature)},
              "releases": {"1.2": {"aliases": ["stable"]}}}}}
            """
        let path = directory.appending("distros-\(mirrors.count)-\(signed)-\(over)-\(extra.utf8.count).json")
        try AtomicFile.write(Array(text.utf8), to: path)
        return path
    }
}

extension Home {
    /// A home, and a mirror whose distro `toy` its `create` knows.
    static func withMirror(_ who: Who, _ body: (Home, BaseMirror) throws -> Void) throws {
        try Home.with(who) { (home) throws in
            try Signer.with { (signer) throws in
                try body(home, try BaseMirror(in: home.scratch, signer: signer))
            }
        }
    }

    /// Does `mangrove` with these arguments and waits for its end.
    func mangrove(_ arguments: String..., environment: [String: String] = [:]) throws -> Program.Outcome {
        try start(arguments, environment: environment).wait()
    }

    /// `create NAME toy` for this machine's architecture.
    func create(_ name: String, _ options: String..., distros: FilePath) throws -> Program.Outcome {
        try start(["create", name, "toy", "--arch", "amd64", "--distros", distros.string] + options).wait()
    }

    /// The names in the directory of roots, leftovers included.
    func roots() throws -> [String] {
        try Directory.open(directory.appending("roots")).names().map(\.string).sorted()
    }
}
