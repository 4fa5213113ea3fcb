// SPDX-License-Identifier: Apache-2.0

internal import Extraction
internal import Filesystem
package import Integrity
internal import PackageArchive
package import SystemPackage
internal import Terminal
internal import Transfer

/// Gets sources for builds, by the same means as bases: through the cache, and verified as far as can be.
extension Creation {
    /// Unpacks a tarball into `directory`, which is empty. All of it belongs to the caller.
    package func fetchSource(_ base: Base, into directory: FilePath) async throws(ProvisioningError) {
        let file = try await fetcher(keyring: nil).obtainFile(base)
        progress.begin("unpacking \(base.name)")
        defer { progress.end() }
        var policy = ExtractionPolicy()
        (policy.ownership, policy.keepsSetuid) = (.caller, false)
        _ = try DirectPerformer().perform(
            .extract(
                .init(archive: file.string, name: base.name, tree: directory.string, policy: policy)))
    }

    /// The same of a file of the archive, `path` below its top directory, which has to be `digest`.
    package func fetchSource(
        file path: String, digest: Digest, of bootstrap: BootstrapRequest, into directory: FilePath
    ) async throws(ProvisioningError) {
        let urls = mirrors(of: bootstrap).map { "\($0)/\(path)" }
        let name = FilePath(path).lastComponent?.string ?? path
        try await fetchSource(
            Base(
                name: name, place: .remote(urls: urls), digest: digest,
                trust: Verification(how: .checksum, digest: nil, urls: urls)), into: directory)
    }

    /// Fetches the newest version of a source package, or `version`, of the archive into `directory`.
    package func fetchSource(
        package name: String, version: String?, of bootstrap: BootstrapRequest, _ request: CreationRequest,
        into directory: FilePath
    ) async throws(ProvisioningError) {
        try below { () throws(FilesystemError) in try cache.make() }
        let client = archives
        let wanted = try await archiveRequest(request, bootstrap)
        progress.begin("fetching the source of \(name)")
        defer { progress.end() }
        do throws(PackageArchiveError) {
            let found = try await client.source(name, version: version, in: wanted)
            _ = try await client.fetch(found, into: directory) { [progress] in
                progress.advance(to: $0.bytes, total: $0.total)
            }
        } catch {
            throw ProvisioningError(error)
        }
    }

    /// Fetches what a `.dsc`, a file or URL, names into `directory`, and itself. Its signature is not looked at:
    /// who may sign a package is for each archive to say.
    package func fetchSource(
        description place: String, into directory: FilePath
    ) async throws(ProvisioningError) {
        let base = Base(from: place, digest: nil, relativeTo: "/")
        let bytes = try await content(of: base)
        let parent = String(place.prefix(upTo: place.lastIndex(of: "/") ?? place.startIndex))
        let found = try below { () throws(PackageArchiveError) in
            try SourcePackage(description: String(decoding: bytes, as: UTF8.self), file: place)
        }
        for file in found.files {
            var part = Base(from: "\(parent)/\(file.name)", digest: .init(.sha256, hex: file.sha256), relativeTo: "/")
            part.size = file.size
            try copy(try await fetcher(keyring: nil).obtainFile(part), to: directory.appending(file.name))
        }
        try below { () throws(FilesystemError) in try AtomicFile.write(bytes, to: directory.appending(base.name)) }
    }

    private func content(of base: Base) async throws(ProvisioningError) -> [UInt8] {
        let path = try await fetcher(keyring: nil).obtainFile(base)
        return try below { () throws(FilesystemError) in try path.readFile(limit: 4 << 20) }
    }

    private func copy(_ path: FilePath, to target: FilePath) throws(ProvisioningError) {
        try below { () throws(FilesystemError) in
            let source = try OwnedDescriptor.open(path, .readOnly)
            let copy = try OwnedDescriptor.open(target, .writeOnly, options: [.create, .exclusiveCreate])
            while true {
                let bytes = try source.read(upTo: 1 << 20, of: path)
                if bytes.isEmpty { break }
                try copy.write(bytes, to: target)
            }
        }
    }
}
