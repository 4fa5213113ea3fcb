// SPDX-License-Identifier: Apache-2.0

internal import Extraction
internal import Failures
internal import Filesystem
internal import Glibc
internal import Integrity
internal import SystemPackage
internal import Transfer

extension ArchiveClient {
    /// The index of a component: from the cache if it matches the Release file, or downloaded.
    func packages(
        of component: String, _ suite: ArchiveRequest.Suite, _ suiteIndex: Int, _ release: Release,
        _ architecture: String
    ) async throws(PackageArchiveError) -> PackageIndex {
        let entries = try release.packageIndex(component: component, architecture: architecture)
        let name = "\(suite.name)/\(component) for \(architecture)"
        if entries.plain?.size == 0 { return try PackageIndex(text: [], name: name, suite: suiteIndex) }
        var failure: PackageArchiveError?
        // One format of it may be right on a mirror, and another missing or outdated.
        for entry in entries.forms {
            // A Release file may leave the plain one out: then its name says what it was made from.
            let plain = indexPath(entries.plain?.sha256 ?? "\(entry.sha256).plain")
            if let scanner = try scan(plain, expecting: entries.plain, name) {
                return try PackageIndex(scanner, path: plain, name: name, suite: suiteIndex)
            }
            let compressed = indexPath(entry.sha256)
            let scanner: IndexScanner
            do throws(PackageArchiveError) {
                try await download(entry, suite, release, to: compressed)
                scanner = try unpack(compressed, to: plain, expecting: entries.plain, name)
            } catch {
                // Another process may have been faster, and have deleted what this one was about to read.
                if let scanner = try scan(plain, expecting: entries.plain, name) {
                    return try PackageIndex(scanner, path: plain, name: name, suite: suiteIndex)
                }
                guard error.isTransient else { throw error }
                failure = failure ?? error
                continue
            }
            if compressed != plain { _ = unsafe unlink(compressed.string) }
            return try PackageIndex(scanner, path: plain, name: name, suite: suiteIndex)
        }
        throw (failure ?? .malformed(name, "its Release file lists no index")).suggesting(
            suite.isOptional && suiteIndex > 0 ? "skip the suite: --skip-suite \(suite.name)" : nil)
    }

    func download(
        _ entry: Release.Entry, _ suite: ArchiveRequest.Suite, _ release: Release, to path: FilePath
    ) async throws(PackageArchiveError) {
        let directory = entry.path.prefix(upTo: entry.path.lastIndex(of: "/") ?? entry.path.startIndex)
        let bases = suite.mirrors.map { "\($0)/dists/\(suite.name)" }
        // Under its digest it still exists after the mirror was updated.
        let byHash = release.offersByHash ? bases.map { "\($0)/\(directory)/by-hash/SHA256/\(entry.sha256)" } : []
        try await fetch(
            byHash + bases.map { "\($0)/\(entry.path)" }, suite.proxy, to: path, size: entry.size, sha256: entry.sha256)
    }

    /// A cached plain index; nil if it is missing or wrong.
    private func scan(
        _ path: FilePath, expecting entry: Release.Entry?, _ name: String
    ) throws(PackageArchiveError) -> IndexScanner? {
        guard let file = try? OwnedDescriptor.open(path, .readOnly) else { return nil }
        guard let scanner = try? read(file, name, entry, copyingTo: nil) else {
            _ = unsafe unlink(path.string)
            return nil
        }
        _ = unsafe utimensat(AT_FDCWD, path.string, nil, 0)
        return scanner
    }

    /// Decompresses an index beside `plain` and renames it there.
    private func unpack(
        _ compressed: FilePath, to plain: FilePath, expecting entry: Release.Entry?, _ name: String
    ) throws(PackageArchiveError) -> IndexScanner {
        // Another process may be at it too.
        let temporary = FilePath("\(plain.string).\(getpid()).\(UInt32.random(in: 0 ... .max))")
        do throws(PackageArchiveError) {
            let source = try PackageArchiveError.wrapping { () throws(FilesystemError) in
                try OwnedDescriptor.open(compressed, .readOnly)
            }
            let output = try PackageArchiveError.wrapping { () throws(FilesystemError) in
                try OwnedDescriptor.open(temporary, .writeOnly, options: [.create, .exclusiveCreate])
            }
            let scanner = try read(source, name, entry, copyingTo: output.rawValue)
            guard unsafe rename(temporary.string, plain.string) == 0 else {
                throw PackageArchiveError(FilesystemError("rename \(temporary) to", plain, .last))
            }
            return scanner
        } catch {
            _ = unsafe unlink(temporary.string)
            throw error
        }
    }

    /// Decompresses, digests, copies and scans in one pass.
    private func read(
        _ source: borrowing OwnedDescriptor, _ name: String, _ entry: Release.Entry?, copyingTo output: CInt?
    ) throws(PackageArchiveError) -> IndexScanner {
        var scanner = IndexScanner(file: name)
        var failure: PackageArchiveError?
        var digest = try PackageArchiveError.wrapping { () throws(IntegrityError) in try DigestComputation(.sha256) }
        do throws(ExtractionError) {
            try unsafe Decompression.decompress(source, name: name) { bytes in
                unsafe digest.update(bytes)
                do throws(PackageArchiveError) {
                    if let output { try unsafe write(bytes, to: output, name) }
                    try unsafe scanner.feed(bytes)
                    return true
                } catch {
                    failure = error
                    return false
                }
            }
        } catch {
            throw PackageArchiveError(error)
        }
        if let failure { throw failure }
        let found = digest.finish().hex
        if let entry, entry.sha256 != found {
            throw PackageArchiveError(
                .mismatch, "the index \(name) does not match its Release file",
                cause: "expected SHA-256 \(entry.sha256), found \(found)")
        }
        try scanner.finish()
        return scanner
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer, to output: CInt, _ name: String
    ) throws(PackageArchiveError) {
        do {
            _ = try unsafe FileDescriptor(rawValue: output).writeAll(bytes)
        } catch {
            throw PackageArchiveError(FilesystemError("write", FilePath(name), error as? Errno ?? .ioError))
        }
    }
}
