// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Integrity
import Processes
import SystemPackage

/// What a user of images has besides a home: containers-image's own files, and a registry on loopback.
struct ImageRegistry {
    private let process: ServerProcess
    /// `127.0.0.1:PORT`.
    let host: String

    /// Debian's docker-registry, which keeps what is pushed below `scratch`.
    init(scratch: FilePath) throws {
        let port = try Loopback.freePort()
        host = "127.0.0.1:\(port)"
        let configuration = """
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: \(scratch.appending("registry"))}}
            http: {addr: "\(host)"}
            """
        let file = scratch.appending("registry.yml")
        try AtomicFile.write(Array(configuration.utf8), to: file)
        process = try ServerProcess(
            ["docker-registry", "serve", file.string], log: scratch.appending("registry.log"))
        _ = try ServerProcess.wait(for: "docker-registry") { Loopback.isListening(port) ? true : nil }
    }
}

extension Home {
    /// Lets containers-image talk to `hosts` without TLS, and accept what `policy` says.
    func configureImages(_ hosts: [String], policy: String = #"{"default": [{"type": "insecureAcceptAnything"}]}"#)
        throws
    {
        let directory = scratch.appending(".config/containers")
        try directory.makeDirectories()
        let registries = hosts.map { "[[registry]]\nlocation = \"\($0)\"\ninsecure = true\n" }.joined()
        try AtomicFile.write(Array(registries.utf8), to: directory.appending("registries.conf"))
        try AtomicFile.write(Array(policy.utf8), to: directory.appending("policy.json"))
        try own(scratch.appending(".config"))
    }

    /// A layout of the host's busybox and the layers that `more` adds, tagged `latest`.
    func makeImage(
        _ name: String = "image", settings: String = "{}", more: (inout ImageBuilder) throws -> Void = { _ in }
    ) throws -> ImageBuilder {
        let tree = scratch.appending("image-tree")
        if (try? Directory.open(tree)) == nil {
            try tree.makeDirectories()
            try Busybox.make(in: tree)
            try AtomicFile.write(Array("ID=toy\nVERSION_ID=1\n".utf8), to: tree.appending("etc/os-release"))
        }
        var tar = TarBuilder()
        tar.add("./", .directory, mode: 0o755)
        try tar.add(tree)
        var image = try ImageBuilder(work.appending(name))
        (image.architecture, image.settings) = ("amd64", settings)
        try image.add(tar, compression: "gzip")
        try more(&image)
        try image.publish()
        try own(work)
        return image
    }

    /// What is left of images that were being fetched or made.
    func imageRemains() -> [String] {
        let images = directory.appending("cache/images")
        func names(_ path: FilePath) -> [String] { (try? Directory.open(path).names().map(\.string)) ?? [] }
        return names(images).filter { $0.hasPrefix("layout-") }
            + names(images.appending("blobs/sha256")).filter { $0.utf8.count != 64 }
    }

    func skopeo(_ arguments: String...) throws -> ChildProcess {
        try ChildProcess.run(
            "/usr/bin/env", ["skopeo"] + arguments, environment: ["PATH=/usr/bin:/bin", "HOME=\(scratch)"])
    }
}

extension TarBuilder {
    /// Adds what is below `directory`: directories, files and links, all of root's.
    fileprivate mutating func add(_ directory: FilePath, _ prefix: String = "") throws {
        let opened = try Directory.open(directory)
        for name in try opened.names().sorted(by: { $0.string < $1.string }) {
            guard let status = try opened.status(of: name) else { continue }
            let path = prefix + name.string
            switch status.kind {
            case .directory:
                add("\(path)/", .directory, mode: Int(status.permissions))
                try add(directory.appending(name), path + "/")
            case .symbolicLink:
                add(path, .symbolicLink, target: try opened.symbolicLinkTarget(of: name) ?? "", mode: 0o777)
            default:
                add(path.utf8, content: try directory.appending(name).readFile(), mode: Int(status.permissions))
            }
        }
    }
}
