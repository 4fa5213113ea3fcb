// SPDX-License-Identifier: Apache-2.0

internal import Catalogue
internal import Failures
internal import Filesystem
internal import Glibc
internal import Images
internal import Integrity
internal import PackageArchive
package import SystemPackage
internal import Terminal
internal import Transfer

/// A verified base on disk.
package struct VerifiedBase: Sendable {
    enum Contents: Sendable {
        /// A tarball, at that path.
        case archive(FilePath)
        /// A tree, at that path.
        case directory(FilePath)
        case image(StoredImage)
    }

    let contents: Contents
    package let verification: Verification
}

/// Fetches bases into the cache, and verifies them before anything reads them.
package struct BaseFetcher: Sendable {
    let cache: Cache
    let downloader: Downloader
    let proxy: Proxy
    /// Keys of the user's choice, in which the pinned ones are looked for first.
    let keyring: FilePath?
    let progress: Progress
    var documents: DocumentCache?
    let images: ImageStore

    /// Throws, and keeps nothing, if verification fails.
    func obtain(_ base: Base) async throws(ProvisioningError) -> VerifiedBase {
        switch base.place {
        case .image(let source): return try await obtainImage(base, source)
        case .local(let path): return try await verify(base, at: path)
        case .directory(let path): return VerifiedBase(contents: .directory(path), verification: base.trust)
        case .remote(let urls):
            try below { () throws(FilesystemError) in
                try cache.make()
                try cache.bases.makeDirectories()
            }
            let name = try below { () throws(IntegrityError) in try cacheName(base, urls) }
            let path = cache.bases.appending(name)
            let isFresh = try await download(base, urls, name)
            do throws(ProvisioningError) {
                return try await verify(base, at: path)
            } catch {
                guard error.status == .badData else { throw error }
                try below { () throws(FilesystemError) in try cache.delete(name) }
                // The cached file may be damaged while the server's is intact.
                guard !isFresh else { throw error }
            }
            _ = try await download(base, urls, name)
            do throws(ProvisioningError) {
                return try await verify(base, at: path)
            } catch {
                if error.status == .badData { try? cache.delete(name) }
                throw error
            }
        }
    }

    /// By digest, or by the digest of the URL.
    private func cacheName(_ base: Base, _ urls: [String]) throws(IntegrityError) -> String {
        if let digest = base.digest { return "\(digest.algorithm.rawValue)-\(digest.hex)" }
        return "url-" + (try Digest.of(Array((urls.first ?? base.name).utf8))).hex
    }

    /// Returns false if it existed already.
    private func download(_ base: Base, _ urls: [String], _ name: String) async throws(ProvisioningError) -> Bool {
        let path = cache.bases.appending(name)
        var request = DownloadRequest(urls: urls, destination: path, size: base.size)
        request.proxy = proxy
        var label = Cache.Label(name: base.name, url: urls.first ?? "")
        if base.digest == nil {
            // Only the server's validators tell which version is cached.
            let known = try below { () throws(FilesystemError) in
                try isFile(path) ? cache.label(of: name, in: Directory.open(cache.bases)) : nil
            }
            request.validators = Validators(etag: known?.etag, lastModified: known?.lastModified)
        }
        progress.begin("downloading \(base.name)", total: base.size)
        defer { progress.end() }
        let downloaded: Downloaded
        do throws(TransferError) {
            downloaded = try await downloader.download(request) { [progress] in
                progress.advance(to: $0.bytes, total: $0.total)
            }
        } catch {
            throw ProvisioningError(error)
        }
        guard case .file(let file) = downloaded else {
            touch(path)
            return false
        }
        guard file.url != nil else {
            touch(path)
            return false
        }
        label.etag = file.validators.etag
        label.lastModified = file.validators.lastModified
        try below { () throws(FilesystemError) in try cache.write(label, of: name) }
        return true
    }

    /// For `cache prune --older-than`.
    private func touch(_ path: FilePath) {
        _ = unsafe utimensat(AT_FDCWD, path.string, nil, 0)
    }

    private func verify(_ base: Base, at path: FilePath) async throws(ProvisioningError) -> VerifiedBase {
        try requireTarball(at: path)
        progress.begin("verifying \(base.name)")
        defer { progress.end() }
        var verification = base.trust
        let file = try below { () throws(FilesystemError) in try OwnedDescriptor.open(path, .readOnly) }
        let subject = if case .remote(let urls) = base.place { urls.first ?? base.name } else { path.string }
        try below { () throws(IntegrityError) in
            if let digest = base.digest { try digest.verify(file, at: path, named: subject) }
            verification.digest =
                try base.digest?.algorithm == .sha256
                ? base.digest?.description : Digest.of(file, at: path).description
        }
        if let signature = base.signature {
            let verifier = SignatureVerifier(
                pinned: signature.trust.fingerprints, keys: try await keys(signature.trust))
            let good = try below { () throws(IntegrityError) in
                try verifier.verify(signature.bytes, of: file, named: signature.url)
            }
            verification.record(good)
            verification.urls.append(signature.url)
        }
        return VerifiedBase(contents: .archive(path), verification: verification)
    }

    /// The keys from the user's keyring, from the host, and only then from the network: trust depends on the
    /// fingerprint.
    func keys(_ trust: Trust) async throws(ProvisioningError) -> [KeyFile] {
        if let keyring { return [try below { () throws(IntegrityError) in try KeyFile.read(keyring) }] }
        var keys = KeyFile.onHost(holding: trust.fingerprints)
        guard keys.isEmpty else { return keys }
        for url in trust.keyURLs {
            let document = try await fetch([url], limit: 4 << 20)
            keys.append(try below { () throws(IntegrityError) in try KeyFile(document.bytes, named: document.url) })
        }
        return keys
    }

    func fetch(_ urls: [String], limit: Int) async throws(ProvisioningError) -> FetchedDocument {
        var request = FetchRequest(urls: urls)
        request.maximumSize = limit
        request.proxy = proxy
        do throws(TransferError) {
            if let documents { return try await documents.fetch(request) }
            // Without validators there is no "not modified".
            guard case .document(let document) = try await downloader.fetch(request) else {
                throw TransferError(.unreachable([]))
            }
            return document
        } catch {
            throw ProvisioningError(error)
        }
    }
}

/// Requires a regular file at `path`, links followed: reading anything else may never end. `use`: what a directory is
/// good for instead.
package func requireTarball(
    at path: FilePath, insteadOfDirectory use: String? = nil
) throws(ProvisioningError) {
    var found = stat()
    guard unsafe stat(path.string, &found) == 0 else {
        let error = Errno.last
        throw ProvisioningError(error == .permissionDenied ? UnusableBase.unreadable(path) : .missing(path))
    }
    let kind = FileStatus(found).kind
    guard kind == .regular else { throw ProvisioningError(UnusableBase.noTarball(path, kind, insteadOfDirectory: use)) }
}

/// Whether there is a regular file at `path`, links followed.
private func isFile(_ path: FilePath) -> Bool {
    var found = stat()
    return unsafe stat(path.string, &found) == 0 && found.st_mode & S_IFMT == S_IFREG
}
