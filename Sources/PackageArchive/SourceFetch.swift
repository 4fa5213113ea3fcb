// SPDX-License-Identifier: Apache-2.0

internal import Extraction
internal import Filesystem
package import SystemPackage
package import Transfer

/// A source package that an archive has.
package struct FoundSource: Sendable {
    package let package: SourcePackage
    /// Where its files are, best first; each followed by a slash and the file's name.
    let directories: [String]
    let proxy: Proxy
}

extension ArchiveClient {
    /// The newest version of the source package `name`, or the one that is asked for, of all suites. Throws where there is
    /// none.
    package func source(
        _ name: String, version: String?, in request: ArchiveRequest
    ) async throws(PackageArchiveError) -> FoundSource {
        try makeDirectories()
        var best: FoundSource?
        var versions: [String] = []
        for (index, suite) in request.suites.enumerated() where !(suite.isOptional && suite.isSkipped) {
            let (release, _) = try await verifiedRelease(suite, index, request)
            for component in request.components where release.mayHave(component, isFirst: index == 0) {
                for package in try await sources(called: name, of: component, suite, release) {
                    versions.append(package.version.text)
                    if let version, package.version.text != version { continue }
                    if let best, package.version <= best.package.version { continue }
                    let place = Self.escaped(package.fields["Directory"] ?? "")
                    best = FoundSource(
                        package: package, directories: suite.mirrors.map { "\($0)/\(place)" }, proxy: suite.proxy)
                }
            }
        }
        guard let best else {
            let suites = request.suites.map(\.name).joined(separator: ", ")
            throw PackageArchiveError(
                .unknownPackage, "no such source package: \(name)\(version.map { " \($0)" } ?? "")",
                cause: versions.isEmpty
                    ? "it is in none of \(suites)" : "the archive has \(versions.joined(separator: ", "))")
        }
        return best
    }

    /// The paragraphs of `name` in a component's `Sources`.
    private func sources(
        called name: String, of component: String, _ suite: ArchiveRequest.Suite, _ release: Release
    ) async throws(PackageArchiveError) -> [SourcePackage] {
        var failure: PackageArchiveError?
        for entry in release.sourceIndex(component: component) {
            let path = indexPath(entry.sha256)
            do throws(PackageArchiveError) {
                try await download(entry, suite, release, to: path)
            } catch {
                failure = failure ?? error
                continue
            }
            return try paragraphs(called: name, in: path, file: "\(suite.name)/\(component)/Sources")
        }
        if let failure { throw failure }
        return []
    }

    private func paragraphs(
        called name: String, in path: FilePath, file: String
    ) throws(PackageArchiveError) -> [SourcePackage] {
        let source = try PackageArchiveError.wrapping { () throws(FilesystemError) in
            try OwnedDescriptor.open(path, .readOnly)
        }
        let wanted = Array("Package: \(name)".utf8)
        var found: [[UInt8]] = []
        var paragraph: [UInt8] = []
        var rest: [UInt8] = []
        var isWanted = false
        func line(_ bytes: ArraySlice<UInt8>) {
            if bytes.isEmpty {
                if isWanted { found.append(paragraph) }
                (paragraph, isWanted) = ([], false)
            } else {
                if bytes.elementsEqual(wanted) { isWanted = true }
                paragraph += bytes + [0x0A]
            }
        }
        try PackageArchiveError.wrapping { () throws(ExtractionError) in
            try unsafe Decompression.decompress(source, name: file) { bytes in
                unsafe rest.append(contentsOf: bytes)
                var lines = rest[...]
                while let end = lines.firstIndex(of: 0x0A) {
                    line(lines[..<end])
                    lines = lines[(end + 1)...]
                }
                rest = Array(lines)
                return rest.count < 16 << 20
            }
        }
        line(rest[...])
        line([])
        var packages: [SourcePackage] = []
        for bytes in found {
            for stanza in try Stanza.parse(String(decoding: bytes, as: UTF8.self), file: file) {
                packages.append(try SourcePackage(stanza, file: file))
            }
        }
        return packages
    }

    /// Fetches the files of a source package into `directory`. Returns the path of its `.dsc`.
    ///
    /// A mirror may lack the `.dsc`, or signatures by others (`.asc`): then a `.dsc` without them is made from the
    /// index.
    package func fetch(
        _ source: FoundSource, into directory: FilePath,
        progress: (@Sendable (TransferProgress) -> Void)? = nil
    ) async throws(PackageArchiveError) -> FilePath {
        let description = directory.appending(source.package.descriptionName)
        var kept: Set<String> = []
        var hasDescription = false
        var isComplete = true
        for file in source.package.files {
            let path = directory.appending(file.name)
            let isDescription = file.name.hasSuffix(".dsc")
            do throws(PackageArchiveError) {
                try await fetch(
                    source.directories.map { "\($0)/\(Self.escaped(file.name))" }, source.proxy, to: path,
                    size: file.size, sha256: file.sha256, progress: progress)
            } catch {
                guard isDescription || file.name.hasSuffix(".asc") else { throw error }
                isComplete = false
                continue
            }
            if isDescription { hasDescription = true } else { kept.insert(file.name) }
        }
        if !hasDescription || !isComplete {
            let text = source.package.description(of: kept)
            try PackageArchiveError.wrapping { () throws(FilesystemError) in
                try AtomicFile.write(Array(text.utf8), to: description)
            }
        }
        return description
    }
}
