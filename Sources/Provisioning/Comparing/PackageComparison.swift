// SPDX-License-Identifier: Apache-2.0

internal import Catalogue
internal import Extraction
internal import Failures
internal import Filesystem
internal import Integrity
internal import PackageArchive
package import SystemPackage
internal import Terminal

/// The comparison of a built package with the archive's.
package struct ComparedPackage: Sendable {
    package enum Result: Sendable {
        /// Bit for bit.
        case same
        /// Where they differ, in words.
        case different([String])
        case notPublished
    }

    /// The file's name.
    package let name: String
    package let result: Result
}

extension Creation {
    /// Compares packages, `.deb` files, with those of the archive.
    package func compare(
        _ files: [FilePath], with bootstrap: BootstrapRequest, _ request: CreationRequest
    ) async throws(ProvisioningError) -> [ComparedPackage] {
        try below { () throws(FilesystemError) in try cache.make() }
        let client = archives
        let wanted = try await archiveRequest(request, bootstrap)
        progress.begin("reading the archive of \(bootstrap.base.selection.name)")
        defer { progress.end() }
        var identities: [PackageIdentity] = []
        for file in files { identities.append(try Self.identity(of: file)) }
        var compared: [ComparedPackage] = []
        do throws(PackageArchiveError) {
            let published = try await client.published(identities, in: wanted)
            for (file, identity) in zip(files, identities) {
                let name = file.lastComponent?.string ?? file.string
                guard let package = published[identity] else {
                    compared.append(ComparedPackage(name: name, result: .notPublished))
                    continue
                }
                if (try? Digest.of(fileAt: file).hex) == package.sha256 {
                    compared.append(ComparedPackage(name: name, result: .same))
                    continue
                }
                let theirs = try await client.fetch(package)
                let differences: [String]
                do throws(ProvisioningError) {
                    differences = try PackageDifferences.between(file, theirs, scratch: cache.directory)
                } catch {
                    differences = [error.summary]
                }
                compared.append(ComparedPackage(name: name, result: .different(differences)))
            }
        } catch {
            throw ProvisioningError(error)
        }
        return compared
    }

    private static func identity(of file: FilePath) throws(ProvisioningError) -> PackageIdentity {
        let opened = try below { () throws(FilesystemError) in try OwnedDescriptor.open(file, .readOnly) }
        let members = try below { () throws(ExtractionError) in
            try DebianPackage.readControl(from: opened, name: file.string)
        }
        let text = members.first { $0.name == "control" }.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
        let stanza = try below { () throws(PackageArchiveError) in try Stanza.parse(text, file: file.string).first }
        return PackageIdentity(
            name: stanza?["Package"] ?? "", version: stanza?["Version"] ?? "",
            architecture: stanza?["Architecture"] ?? "")
    }
}
