// SPDX-License-Identifier: Apache-2.0

internal import Extraction
internal import Failures
internal import Filesystem
internal import Glibc
internal import Integrity
internal import SystemPackage
internal import Transfer

extension ArchiveClient {
    /// The index of a component: from the cache, where it is as the Release file says, or fetched.
    func packages(
        of component: String, _ suite: ArchiveRequest.Suite, _ suiteIndex: Int, _ release: Release,
        _ architecture: String
    ) async throws(PackageArchiveError) -> PackageIndex {
        let entries = try release.packageIndex(component: component, architecture: architecture)
        let name = "\(suite.name)/\(component) for \(architecture)"
        if entries.plain?.size == 0 { return try PackageIndex(text: [], name: name, suite: suiteIndex) }
        let entry = entries.compressed[0]
        // A Release file may leave the plain one out: then its name says what it was made from.
        let plain = indexPath(entries.plain?.sha256 ?? "\(entry.sha256).plain")
        if let scanner = try scan(plain, expecting: entries.plain, name) {
            return try PackageIndex(scanner, path: plain, name: name, suite: suiteIndex)
        }
        let compressed = indexPath(entry.sha256)
        try await download(entry, suite, release, to: compressed)
        let scanner = try unpack(compressed, to: plain, expecting: entries.plain, name)
        if compressed != plain { _ = unsafe unlink(compressed.string) }
        return try PackageIndex(scanner, path: plain, name: name, suite: suiteIndex)
    }

    private func download(
        _ entry: Release.Entry, _ suite: ArchiveRequest.Suite, _ release: Release, to path: FilePath
    ) async throws(PackageArchiveError) {
        let directory = entry.path.prefix(upTo: entry.path.lastIndex(of: "/") ?? entry.path.startIndex)
        let bases = suite.mirrors.map { "\($0)/dists/\(suite.name)" }
        // By its digest it is still there when the mirror has just been given newer ones.
        let byHash = release.offersByHash ? bases.map { "\($0)/\(directory)/by-hash/SHA256/\(entry.sha256)" } : []
        try await fetch(
            byHash + bases.map { "\($0)/\(entry.path)" }, suite.proxy, to: path, size: entry.size, sha256: entry.sha256)
    }

    /// Downloads a file unless it is there, and sees to it that it is the right one.
    ///
    /// Whatever is wrong with it, it is deleted: an interrupted or damaged copy from before must not stay for ever.
    func fetch(
        _ urls: [String], _ proxy: Proxy, to path: FilePath, size: Int64, sha256: String,
        progress: (@Sendable (TransferProgress) -> Void)? = nil
    ) async throws(PackageArchiveError) {
        var request = DownloadRequest(urls: urls, destination: path, size: size)
        request.proxy = proxy
        // It is verified every time it is used.
        request.synchronizes = false
        for attempt in 1... {
            do throws(TransferError) {
                _ = try await downloader.download(request, progress: progress)
            } catch let error where error.isAbsence {
                throw PackageArchiveError(
                    .mismatch, error.problem, cause: "the archive lists it but does not have it",
                    remedy:
                        "the mirror may be in the middle of an update: try again in some minutes, or another mirror",
                    status: .unavailable)
            } catch {
                throw PackageArchiveError(error)
            }
            let found = try PackageArchiveError.wrapping { () throws(IntegrityError) in try Digest.of(fileAt: path) }
            if found.hex == sha256 { return }
            _ = unsafe unlink(path.string)
            guard attempt < 2 else {
                throw PackageArchiveError(
                    .mismatch, "\(urls[0]) is not what the archive says it is",
                    cause: "its SHA-256 is \(found.hex), \(sha256) was signed",
                    remedy: "the mirror may be in the middle of an update: try again in some minutes, or another mirror"
                )
            }
        }
    }

    /// A plain index that is there; nil where it is not, or is not the right one.
    private func scan(
        _ path: FilePath, expecting entry: Release.Entry?, _ name: String
    ) throws(PackageArchiveError) -> IndexScanner? {
        guard let file = try? OwnedDescriptor.open(path, .readOnly) else { return nil }
        guard let scanner = try? read(file, name, entry, copyingTo: nil) else {
            _ = unsafe unlink(path.string)
            return nil
        }
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
                .mismatch, "the index \(name) is not what its Release file says",
                cause: "its SHA-256 is \(found), \(entry.sha256) was signed")
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
