// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
internal import Glibc
internal import Integrity
package import Provisioning
package import SystemPackage

/// The directory where what is built goes: `ARCHITECTURE/` with the artifacts, and beside it `ARCHITECTURE.json` and
/// others that say what they are. A file is replaced when its successor is complete.
package struct Results: ~Copyable {
    private let directory: FilePath
    private let architecture: String
    private let staging: FilePath.Component

    /// Makes `directory`, and in it a place for what is to come.
    package init(in directory: FilePath, for architecture: String) throws(ProvisioningError) {
        (self.directory, self.architecture) = (directory, architecture)
        staging = try below { () throws(FilesystemError) in
            try directory.makeDirectories()
            let opened = try Directory.open(directory)
            Self.sweep(opened)
            guard let staging = FilePath.Component(Self.prefix + "\(getpid())-\(architecture)") else {
                throw FilesystemError("create", directory, .invalidArgument)
            }
            if try opened.status(of: staging) != nil { try opened.removeTree(staging) }
            try opened.makeDirectory(staging, mode: 0o755)
            return staging
        }
    }

    private static let prefix = ".mangrove-"

    /// What processes left that do not live any more.
    private static func sweep(_ directory: borrowing Directory) {
        for name in (try? directory.names()) ?? [] where name.string.hasPrefix(prefix) {
            let number = name.string.dropFirst(prefix.count).prefix(while: \.isNumber)
            if let process = Int32(number), kill(process, 0) != 0, errno == ESRCH { try? directory.removeTree(name) }
        }
    }

    /// An empty directory for artifacts.
    package var place: FilePath { directory.appending(staging) }

    package var artifacts: FilePath { directory.appending(architecture) }
    package var log: FilePath { file("log") }
    package var manifest: FilePath { file("json") }
    package var provenance: FilePath { file("provenance.json") }
    package var bill: FilePath { file("spdx.json") }

    private func file(_ ending: String) -> FilePath { directory.appending("\(architecture).\(ending)") }

    /// Gives the artifacts in `place` their names. What the manifest of an earlier build names and is still as it was
    /// then, but is in this one not, is deleted.
    package func publish(_ collection: ArtifactCollection) throws(ProvisioningError) {
        let earlier = BuildManifest.read(manifest)?.artifacts ?? []
        try below { () throws(FilesystemError) in
            let from = try Directory.open(place)
            try artifacts.makeDirectories()
            let to = try Directory.open(artifacts)
            let paths = Set(collection.files.map(\.path))
            for file in earlier where !paths.contains(file.path) { Self.remove(file, from: to) }
            for file in collection.files {
                let components = FilePath(file.path).components
                guard let name = components.last else { continue }
                let parents = Array(components.dropLast())
                let source = try from.makeDirectories(parents)
                let target = try to.makeDirectories(parents)
                let (old, new) = (source.rawValue, target.rawValue)
                guard
                    unsafe name.withPlatformString({ unsafe renameat(old, $0, new, $0) }) == 0
                else { throw FilesystemError("write", artifacts.pushing(FilePath(file.path)), .last) }
            }
            try to.synchronizeFileSystem()
        }
    }

    private static func remove(_ file: ArtifactCollection.File, from directory: borrowing Directory) {
        let components = FilePath(file.path).components
        guard let name = components.last, components.allSatisfy({ $0.kind == .regular }) else { return }
        let parents = components.dropLast().map(\.string).joined(separator: "/")
        guard let opened = try? directory.openInRoot(parents.isEmpty ? "." : parents, onlyDirectory: true) else {
            return
        }
        let parent = Directory(adopting: opened, path: directory.path)
        if let link = file.link {
            guard let found = try? parent.symbolicLinkTarget(of: name), found == link else { return }
        } else {
            guard let found = try? parent.openFile(name, flags: O_RDONLY),
                let digest = try? Digest.of(found, at: parent.path.appending(name)), digest.hex == file.sha256
            else { return }
        }
        try? parent.unlink(name)
    }

    package func write(_ bytes: [UInt8], to path: FilePath) throws(ProvisioningError) {
        try below { () throws(FilesystemError) in try AtomicFile.write(bytes, to: path) }
    }

    deinit {
        if let opened = try? Directory.open(directory) { try? opened.removeTree(staging) }
    }
}
