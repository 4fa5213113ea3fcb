// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
internal import Glibc
internal import Integrity
package import Provisioning
package import SystemPackage

/// The output directory: `ARCHITECTURE/` with the artifacts, and beside it `ARCHITECTURE.json` and other records. A
/// file is replaced once its successor is complete.
package struct Results: ~Copyable {
    private let directory: FilePath
    private let architecture: String
    private let staging: FilePath.Component

    /// Creates `directory`, and in it a staging directory.
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
            let place = try opened.openDirectory(staging)
            try place.makeDirectory(Self.filesName, mode: 0o755)
            try place.makeDirectory(Self.recordsName, mode: 0o755)
            return staging
        }
    }

    private static let prefix = ".mangrove-"
    private static let filesName: FilePath.Component = "files"
    private static let recordsName: FilePath.Component = "records"

    /// Deletes leftovers of dead processes.
    private static func sweep(_ directory: borrowing Directory) {
        for name in (try? directory.names()) ?? [] where name.string.hasPrefix(prefix) {
            let number = name.string.dropFirst(prefix.count).prefix(while: \.isNumber)
            if let process = Int32(number), kill(process, 0) != 0, errno == ESRCH { try? directory.removeTree(name) }
        }
    }

    /// An empty directory for artifacts.
    package var place: FilePath { directory.appending(staging).appending(Self.filesName) }

    package var artifacts: FilePath { directory.appending(architecture) }
    package var log: FilePath { file("log") }
    package var manifest: FilePath { file(Record.manifest.rawValue) }

    /// The records of a build, in the order in which they are published: the last one completes the results.
    enum Record: String, CaseIterable {
        case provenance = "provenance.json"
        case bill = "spdx.json"
        case manifest = "json"
    }

    private func file(_ ending: String) -> FilePath { directory.appending("\(architecture).\(ending)") }

    /// Publishes the artifacts in `place` and the records. Files listed in an earlier manifest, unchanged since and not
    /// part of this build, are deleted.
    ///
    /// Everything that needs disk space is written before earlier results are touched.
    func publish(
        _ collection: ArtifactCollection, _ records: [Record: [UInt8]]
    ) throws(ProvisioningError) {
        let earlier = BuildManifest.read(manifest)?.artifacts ?? []
        try below { () throws(FilesystemError) in
            let staged = directory.appending(staging).appending(Self.recordsName)
            for (record, bytes) in records { try AtomicFile.write(bytes, to: staged.appending(record.rawValue)) }
            let from = try Directory.open(place)
            try artifacts.makeDirectories()
            let to = try Directory.open(artifacts)
            for file in collection.files {
                _ = try to.makeDirectories(Array(FilePath(file.path).components.dropLast()))
            }
            let paths = Set(collection.files.map(\.path))
            for file in earlier where !paths.contains(file.path) { Self.remove(file, from: to) }
            for file in collection.files {
                let components = Array(FilePath(file.path).components)
                guard let name = components.last else { continue }
                let source = try from.makeDirectories(components.dropLast())
                let target = try to.makeDirectories(components.dropLast())
                try Self.move(name, from: source, to: target, as: name, artifacts.pushing(FilePath(file.path)))
            }
            try to.synchronizeFileSystem()
            try publish(records, from: try Directory.open(staged), to: try Directory.open(directory))
        }
    }

    private func publish(
        _ records: [Record: [UInt8]], from staged: borrowing Directory, to directory: borrowing Directory
    ) throws(FilesystemError) {
        for record in Record.allCases {
            let path = file(record.rawValue)
            guard let name = path.lastComponent, let stagedName = FilePath.Component(record.rawValue) else { continue }
            if records[record] != nil {
                try Self.move(stagedName, from: staged, to: directory, as: name, path)
            } else if try directory.status(of: name) != nil {
                try directory.unlink(name)
            }
        }
        try directory.synchronize()
    }

    private static func move(
        _ name: FilePath.Component, from source: borrowing Directory, to target: borrowing Directory,
        as new: FilePath.Component, _ path: FilePath
    ) throws(FilesystemError) {
        let (old, other) = (source.rawValue, target.rawValue)
        let moved = unsafe name.withPlatformString { from in
            unsafe new.withPlatformString { unsafe renameat(old, from, other, $0) }
        }
        guard moved == 0 else { throw FilesystemError("write", path, .last) }
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

    deinit {
        if let opened = try? Directory.open(directory) { try? opened.removeTree(staging) }
    }
}
