// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import Glibc
internal import Integrity
internal import SystemPackage

/// Copies matching files out of an untrusted tree: nothing in it leads outside, and only files, directories and
/// symbolic links are copied, without setuid and setgid bits.
struct ArtifactCollector {
    private let request: WorkerRequest.Collection
    private var found = ArtifactCollection()
    private var seen: Set<String> = []
    private var copied: Int64 = 0

    init(_ request: WorkerRequest.Collection) {
        self.request = request
    }

    /// What a final `**` becomes in each directory: not a valid file name.
    private static let anyFile = "*/"

    /// Deeper than any artifact, but shallow enough for one descriptor per level.
    private static let depth = 200

    consuming func collect(_ progress: (Int64) -> Void) throws(ProvisioningError) -> ArtifactCollection {
        let request = request
        let tree = try below { () throws(FilesystemError) in try Directory.open(FilePath(request.tree)) }
        let results = try below { () throws(FilesystemError) in try Directory.open(FilePath(request.destination)) }
        for artifact in request.patterns {
            let before = found.files.count
            guard !artifact.isFallback || before == 0 else {
                found.counts.append(0)
                continue
            }
            let start = found.skipped.count
            try collect(artifact, from: tree, to: results, progress)
            found.counts.append(found.files.count - before + found.skipped.count - start)
        }
        return found
    }

    private mutating func collect(
        _ artifact: ArtifactPattern, from tree: borrowing Directory, to results: borrowing Directory,
        _ progress: (Int64) -> Void
    ) throws(ProvisioningError) {
        let base = artifact.pattern.base.joined(separator: "/")
        guard
            let opened = try? tree.openInRoot(base.isEmpty ? "." : base, onlyDirectory: true)
        else { return }
        let directory = Directory(adopting: opened, path: FilePath("/").pushing(FilePath(base)))
        var place = Place(artifact, FilePath(artifact.directory).components.map(\.string))
        // A directory that is named itself: what is in it, under its own names.
        place.namesDirectory = artifact.pattern.namesOne
        try walk(directory, artifact.pattern.rest[...], place, results, progress)
    }

    /// Where in the results something goes.
    private struct Place {
        let artifact: ArtifactPattern
        var directories: [String]
        var namesDirectory = false
        var level = 0

        init(_ artifact: ArtifactPattern, _ directories: [String]) {
            (self.artifact, self.directories) = (artifact, directories)
        }

        /// Whether directories match: not if only programs are wanted, unless the pattern names the directory.
        var takesDirectories: Bool { !artifact.onlyPrograms || namesDirectory }

        func below(_ name: String) -> Place {
            var other = self
            other.directories.append(name)
            other.level += 1
            return other
        }

        func path(_ name: String) -> String { (directories + [name]).joined(separator: "/") }
    }

    /// Copies what `components` match in `directory`.
    private mutating func walk(
        _ directory: borrowing Directory, _ components: ArraySlice<String>, _ place: Place,
        _ results: borrowing Directory, _ progress: (Int64) -> Void
    ) throws(ProvisioningError) {
        guard let pattern = components.first else { return }
        guard place.level < Self.depth else {
            throw ProvisioningError(.artifact("\(directory.path)", reason: "nested too deeply"))
        }
        let rest = components.dropFirst()
        if pattern == "**" { try walk(directory, rest.isEmpty ? [Self.anyFile] : rest, place, results, progress) }
        for name in try names(in: directory) {
            let isAny = pattern == "**"
            guard PathPattern.matches(name.string, isAny || pattern == Self.anyFile ? "*" : pattern),
                let kind = try below({ () throws(FilesystemError) in try directory.status(of: name)?.kind })
            else { continue }
            if isAny || !rest.isEmpty {
                guard kind == .directory else { continue }
                let next = try below { () throws(FilesystemError) in try directory.openDirectory(name) }
                try walk(next, isAny ? components : rest, place.below(name.string), results, progress)
            } else if kind != .directory || pattern != Self.anyFile && place.takesDirectories {
                try copy(name, kind, from: directory, place, results, progress)
            }
        }
    }

    private func names(in directory: borrowing Directory) throws(ProvisioningError) -> [FilePath.Component] {
        do throws(FilesystemError) {
            return try directory.names().sorted { $0.string < $1.string }
        } catch {
            throw ProvisioningError(error)
        }
    }

    private mutating func copy(
        _ name: FilePath.Component, _ kind: FileStatus.Kind, from directory: borrowing Directory, _ place: Place,
        _ results: borrowing Directory, _ progress: (Int64) -> Void
    ) throws(ProvisioningError) {
        switch kind {
        case .directory:
            guard place.level < Self.depth else {
                throw ProvisioningError(.artifact("\(directory.path)", reason: "nested too deeply"))
            }
            let next = try below { () throws(FilesystemError) in try directory.openDirectory(name) }
            var place = place.namesDirectory ? place : place.below(name.string)
            (place.namesDirectory, place.level) = (false, place.level + 1)
            for inner in try names(in: next) {
                guard let kind = try below({ () throws(FilesystemError) in try next.status(of: inner)?.kind }) else {
                    continue
                }
                try copy(inner, kind, from: next, place, results, progress)
            }
        case .regular: try copyFile(name, from: directory, place, results, progress)
        case .symbolicLink where !place.artifact.onlyPrograms:
            guard seen.insert(place.path(name.string)).inserted else { return }
            let target = try below { () throws(FilesystemError) -> String in
                let target = try directory.symbolicLinkTarget(of: name) ?? ""
                let there = try Self.make(place.directories, in: results)
                try there.makeSymbolicLink(name, to: target)
                return target
            }
            found.files.append(
                .init(
                    path: place.path(name.string), size: 0, sha256: nil, link: target, mode: "777", architecture: nil))
        case .symbolicLink: break
        case .fifo, .socket, .characterDevice, .blockDevice:
            if !place.artifact.onlyPrograms { found.skipped.append("\(directory.path.appending(name)) (\(kind))") }
        }
    }

    private static func make(
        _ directories: [String], in results: borrowing Directory
    ) throws(FilesystemError) -> Directory {
        try results.makeDirectories(directories.compactMap { FilePath.Component($0) })
    }

    private mutating func copyFile(
        _ name: FilePath.Component, from directory: borrowing Directory, _ place: Place,
        _ results: borrowing Directory, _ progress: (Int64) -> Void
    ) throws(ProvisioningError) {
        let path = directory.path.appending(name)
        let source = try below { () throws(FilesystemError) in try directory.openFile(name, flags: O_RDONLY) }
        let status = try below { () throws(FilesystemError) in try source.status(of: path) }
        var chunk = try below { () throws(FilesystemError) in try source.read(upTo: 256 << 10, of: path) }
        let identity = ELFIdentity(parsing: chunk)
        // ET_EXEC, ET_DYN: at offset 16 in the file's own byte order.
        let isProgram = chunk.count > 17 && (2...3).contains(chunk[16] | chunk[17])
        if place.artifact.onlyPrograms, identity == nil || !isProgram { return }
        guard seen.insert(place.path(name.string)).inserted else { return }
        let mode = UInt32(status.permissions) & 0o777
        var digest = try below { () throws(IntegrityError) in try DigestComputation(.sha256) }
        let there = try below { () throws(FilesystemError) in try Self.make(place.directories, in: results) }
        let target = try below { () throws(FilesystemError) in
            try there.openFile(name, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        }
        var size: Int64 = 0
        while !chunk.isEmpty {
            digest.update(chunk)
            size += Int64(chunk.count)
            let bytes = chunk
            try below { () throws(FilesystemError) in try target.write(bytes, to: there.path.appending(name)) }
            copied += Int64(chunk.count)
            progress(copied)
            chunk = try below { () throws(FilesystemError) in try source.read(upTo: 256 << 10, of: path) }
        }
        guard fchmod(target.rawValue, mode) == 0 else {
            throw ProvisioningError(FilesystemError("set permissions of", there.path.appending(name), .last))
        }
        var times = [timespec(nanoseconds: status.modified), timespec(nanoseconds: status.modified)]
        _ = unsafe futimens(target.rawValue, &times)
        let architecture = identity.map { found in
            Architecture.allCases.first { $0.elf == found }?.rawValue ?? "unknown"
        }
        found.files.append(
            .init(
                path: place.path(name.string), size: size, sha256: digest.finish().hex, link: nil,
                mode: String(mode, radix: 8),
                architecture: architecture))
    }
}

extension timespec {
    fileprivate init(nanoseconds: Int64) {
        self.init(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    }
}
