// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Extraction
internal import Failures
internal import Filesystem
internal import Glibc
package import Images
internal import Sandbox
internal import SystemPackage
package import Terminal

/// A repository in a registry for sharing tools trees and layers between machines.
package struct SharedCache: Sendable {
    package let repository: ImageSource
    /// Accepts unsigned entries.
    package let acceptsUnsigned: Bool
    private let cache: Cache
    private let environment: [String: String]
    private let progress: Progress

    /// `environment`: the caller's, for skopeo(1).
    package init(
        _ repository: ImageSource, acceptsUnsigned: Bool, cache: Cache, environment: [String: String],
        progress: Progress
    ) throws(ProvisioningError) {
        guard case .registry = repository else { throw ProvisioningError(.noRepository(repository.description)) }
        (self.repository, self.acceptsUnsigned) = (repository, acceptsUnsigned)
        (self.cache, self.environment, self.progress) = (cache, environment, progress)
    }

    private var home: FilePath? { environment["HOME"].map { FilePath($0) } }
    private var images: ImageStore { ImageStore(cache.images, environment: environment) }

    private func skopeo() throws(ProvisioningError) -> Skopeo {
        try below { () throws(ImageError) in try Skopeo(for: repository.description, environment: environment) }
    }

    private func place(_ entry: SharedEntry) -> ImageSource { repository.tagged(entry.tag) ?? repository }

    /// The local entries that can be shared.
    package func own() throws(ProvisioningError) -> [SharedEntry] {
        let trees = ToolsTrees(cache)
        let tools = try trees.store.list().records.map(\.name).filter {
            !trees.isSuperseded($0) && trees.find($0) != nil
        }
        return try tools.map { SharedEntry(.tools, $0) }
            + cache.layers.list().records.filter { $0.removedInPart != true }.map { SharedEntry(.layer, $0.name) }
    }

    /// The repository's entries that this machine can use.
    package func offered() throws(ProvisioningError) -> [SharedEntry] {
        let skopeo = try skopeo()
        return try below { () throws(ImageError) in try skopeo.tags(of: repository) }.compactMap {
            SharedEntry(tag: $0)
        }
    }

    /// Whether there is one here.
    package func has(_ entry: SharedEntry) -> Bool {
        let trees = ToolsTrees(cache)
        guard entry.kind == .tools else { return (try? cache.layers.find(entry.name.description)) != nil }
        return ((try? trees.store.names()) ?? []).contains {
            ToolsTrees.subjectName(of: $0) == ToolsTrees.subjectName(of: entry.name) && trees.find($0) != nil
        }
    }

    // MARK: Giving

    /// Uploads the entry; returns its digest in the registry.
    package func push(
        _ entry: SharedEntry, signer: String?, using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> String {
        let skopeo = try skopeo()
        let store = entry.store(in: cache)
        let lock = try store.lock(entry.name, .shared)
        defer { withExtendedLifetime(lock.rawValue) {} }
        let target = place(entry)
        return try images.withLayout { layout throws(ProvisioningError) in
            let writer = try below { () throws(ImageError) in try LayoutWriter(layout, for: target.description) }
            let file = try below { () throws(ImageError) in try writer.makeFile() }
            progress.begin("packing \(entry)")
            try pack(store.path(of: entry.name), to: file, using: workers)
            progress.end()
            let document = ImageJSON.encode(SharedDocument(entry))
            progress.begin("pushing \(entry)")
            defer { progress.end() }
            return try below { () throws(ImageError) in
                let manifest = try Artifact.write(document, file: file, to: writer)
                try skopeo.push(artifact: layout, to: target, signer: signer)
                return manifest.digest
            }
        } refuse: {
            ProvisioningError($0)
        }
    }

    private func pack(
        _ directory: FilePath, to file: FilePath, using workers: some NamespacePerforming
    ) throws(ProvisioningError) {
        var originals: [String: OriginalFile] = [:]
        let output = try below { () throws(FilesystemError) in
            for name in try Directory.open(directory).names() where !Self.belongs(name) {
                originals[name.string] = .absent
            }
            return try OwnedDescriptor.open(file, .writeOnly)
        }
        _ = try workers.perform(
            .export(
                .init(
                    tree: directory.string, output: output.rawValue, name: file.string, compression: .zstd,
                    originals: originals))
        ) { [progress] in progress.advance(to: $0) }
    }

    private static func belongs(_ name: FilePath.Component) -> Bool {
        SharedEntry.files.contains { unsafe fnmatch($0, name.string, 0) == 0 }
    }

    // MARK: Taking

    /// Downloads the entry; false if the registry does not have it. Entries that violate the signature policy are
    /// refused, and so are entries for which no policy requires a signature, unless that is accepted.
    package func pull(
        _ entry: SharedEntry, ownership: RootRecord.Ownership, using workers: some NamespacePerforming
    ) throws(ProvisioningError) -> Bool {
        let skopeo = try skopeo()
        let source = place(entry)
        return try images.withLayout { layout throws(ProvisioningError) in
            progress.begin("pulling \(entry)")
            defer { progress.end() }
            let artifact: Artifact
            do throws(ImageError) {
                artifact = try skopeo.pull(artifact: source, to: layout, home: home)
            } catch {
                if case .transport(.notThere, _) = error.kind { return false }
                throw ProvisioningError(error)
            }
            guard acceptsUnsigned || artifact.policy?.requiresSignature == true else {
                throw ProvisioningError(.unsignedCache(source.description))
            }
            // A tag may have been moved to another, equally signed, entry.
            guard SharedDocument(entry).isSaid(by: artifact.configuration) else {
                throw ProvisioningError(
                    ImageError(
                        .unsupported("expected this entry from the same edition of mangrove"), source.description))
            }
            try take(artifact, entry, ownership, using: workers)
            return true
        } refuse: {
            ProvisioningError($0)
        }
    }

    private func take(
        _ artifact: Artifact, _ entry: SharedEntry, _ ownership: RootRecord.Ownership,
        using workers: some NamespacePerforming
    ) throws(ProvisioningError) {
        let store = entry.store(in: cache)
        // An incomplete one of that name may exist.
        let name =
            entry.kind == .tools
            ? try ToolsTrees(cache).next(ofSubject: ToolsTrees.subjectName(of: entry.name)).name : entry.name
        let staging = try store.stage(name)
        do throws(ProvisioningError) {
            var policy = ExtractionPolicy.base
            if ownership == .caller { policy.ownership = .caller }
            _ = try workers.perform(
                .extract(
                    .init(
                        archive: artifact.file.string, name: "\(entry)", tree: staging.directory.string,
                        policy: policy))
            ) { [progress] in progress.advance(to: $0) }
            var record = try adopt(staging)
            record.ownership = ownership
            record.name = name
            if entry.kind == .tools {
                let tree = staging.tree
                try below { () throws(FilesystemError) in
                    try TreeManifest(of: tree).write(to: staging.directory.appending(ToolsTrees.manifest))
                }
            }
            try staging.publish(record, using: workers)
        } catch {
            try? staging.discard(using: workers)
            throw error
        }
    }

    /// Deletes files that do not belong to it, and reads its record.
    private func adopt(_ staging: borrowing Staging) throws(ProvisioningError) -> RootRecord {
        let path = staging.directory.appending(RootStore.record)
        let bytes = try below { () throws(FilesystemError) in
            let directory = try Directory.open(staging.directory)
            for name in try directory.names() where !Self.belongs(name) && name != RootStore.lock {
                try directory.removeTree(name)
            }
            guard try directory.status(of: RootStore.tree)?.kind == .directory else {
                throw FilesystemError("open", staging.tree, .notDirectory)
            }
            // A link would be followed.
            for name in try directory.names() where name != RootStore.tree {
                guard try directory.status(of: name)?.kind == .regular else {
                    throw FilesystemError("open", staging.directory.appending(name), .invalidArgument)
                }
            }
            return try path.readFile(limit: RootRecord.limit)
        }
        return try RootRecord(parsing: bytes, at: path)
    }
}
