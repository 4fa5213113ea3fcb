// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Glibc
internal import Integrity
internal import SystemPackage
internal import Transfer

extension ArchiveClient {
    /// Downloads a file unless it exists, and verifies it.
    ///
    /// A wrong file is deleted, so that an interrupted or damaged copy does not stay, and the next of `urls` is tried.
    /// Messages refer to the last URL.
    func fetch(
        _ urls: [String], _ proxy: Proxy, to path: FilePath, size: Int64, sha256: String,
        progress: (@Sendable (TransferProgress) -> Void)? = nil
    ) async throws(PackageArchiveError) {
        // As the downloader names them in what it returns.
        var left = urls.map(downloader.credentials.take)
        var disagreement: PackageArchiveError?
        while !left.isEmpty {
            var request = DownloadRequest(urls: left, destination: path, size: size)
            request.proxy = proxy
            // It is verified every time it is used.
            request.synchronizes = false
            let downloaded: Downloaded
            do throws(TransferError) {
                downloaded = try await downloader.download(request, progress: progress)
            } catch {
                throw disagreement ?? Self.disagreement(error, urls) ?? PackageArchiveError(error)
            }
            let found = try PackageArchiveError.wrapping { () throws(IntegrityError) in try Digest.of(fileAt: path) }
            if found.hex == sha256 {
                // For `cache prune --older-than`.
                _ = unsafe utimensat(AT_FDCWD, path.string, nil, 0)
                return
            }
            _ = unsafe unlink(path.string)
            // A cached file says nothing about the mirrors.
            guard case .file(let file) = downloaded, let source = file.url else { continue }
            left.removeAll { $0 == source }
            disagreement = PackageArchiveError(
                .mismatch, "\(source) does not match the archive's index",
                cause: "expected SHA-256 \(sha256), found \(found.hex)", remedy: Self.patience)
        }
        throw disagreement ?? PackageArchiveError(.other, "no known mirror")
    }

    private static let patience =
        "the mirror may be updating: try again in a few minutes, or use another mirror"

    /// The error if the mirrors answer, but their file does not match the archive's index; nil otherwise.
    private static func disagreement(_ error: TransferError, _ urls: [String]) -> PackageArchiveError? {
        let others = error.failures.filter(\.isOfAnotherSize)
        if let other = others.last {
            return PackageArchiveError(
                .mismatch, "\(other.url) does not match the archive's index", cause: other.reason.description,
                remedy: patience)
        }
        guard error.failures.contains(where: \.isAbsence), let url = error.failures.last(where: \.isAbsence)?.url else {
            return nil
        }
        return PackageArchiveError(
            .mismatch, "\(url) does not exist", cause: "the archive lists it, but does not have it", remedy: patience,
            status: .unavailable)
    }
}
