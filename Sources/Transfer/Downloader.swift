// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import SystemPackage

/// Downloads, any number at once, over persistent shared connections. One per process is enough.
///
/// It owns a thread, which ends with it. Cancelling a call's task ends its transfer; a partial file stays beside the
/// destination and is continued next time.
package final class Downloader: Sendable {
    /// With which users and passwords servers are asked.
    package let credentials = CredentialStore()
    private let settings: NetworkSettings
    private let thread: TransferThread
    private let loop: TransferLoop

    package init(settings: NetworkSettings) {
        self.settings = settings
        thread = TransferThread()
        loop = TransferLoop(settings, on: thread)
        thread.start(loop)
    }

    deinit {
        thread.stop()
    }

    /// A small document, into memory. User and password in a URL are used, and in nothing that is returned or thrown.
    package func fetch(_ request: FetchRequest) async throws(TransferError) -> Fetched {
        var mirrors = try Mirrors(request.urls.map(credentials.take), settings)
        while let url = try await mirrors.next() {
            let attempt = Attempt(
                url: url, target: .memory, validators: request.validators, size: nil,
                maximumSize: Int64(request.maximumSize), proxy: request.proxy,
                credentials: credentials.credentials(for: url.string))
            switch await loop.perform(attempt) {
            case .complete(let response):
                return .document(
                    FetchedDocument(
                        bytes: response.bytes, url: url.string, finalURL: response.finalURL,
                        validators: response.validators))
            case .notModified: return .notModified
            case .nothingThere: mirrors.failed(.status(416))
            case .failed(let reason, let retryAfter): mirrors.failed(reason, retryAfter: retryAfter)
            case .cancelled: throw TransferError(.cancelled)
            }
        }
        throw mirrors.error
    }

    /// A file, to `request.destination`, whose directory must exist.
    ///
    /// User and password in a URL are used, and in nothing that is written, returned or thrown.
    /// Whatever number of tasks and processes want the same destination at the same time, one downloads; the
    /// others wait and find it done. `progress` is called at most ten times a second, and at the end, from a
    /// thread that must not be held up.
    package func download(
        _ request: DownloadRequest, progress: (@Sendable (TransferProgress) -> Void)? = nil
    ) async throws(TransferError) -> Downloaded {
        var request = request
        request.urls = request.urls.map(credentials.take)
        let mirrors = try Mirrors(request.urls, settings)
        let partial: PartialFile
        let before: FileStatus?
        do throws(FilesystemError) {
            partial = try PartialFile(destination: request.destination)
            before = try partial.existing()
        } catch {
            throw TransferError(.file(error))
        }
        let lock = try await lock(partial)
        let result: Result<Downloaded, TransferError>
        do throws(TransferError) {
            if let found = try partial.found(request, before: before) {
                result = .success(.file(found))
            } else {
                let reporter = progress.map(ProgressReporter.init)
                result = .success(try await download(request, to: partial, from: mirrors, reporter))
            }
        } catch {
            partial.tidy(after: error)
            result = .failure(error)
        }
        partial.unlock(lock)
        return try result.get()
    }

    /// By polling: a wait in flock(2) would block a thread that other tasks need.
    private func lock(_ partial: PartialFile) async throws(TransferError) -> FileLock {
        while true {
            do throws(FilesystemError) {
                if let lock = try partial.lock() { return lock }
            } catch {
                throw TransferError(.file(error))
            }
            try await pause(.milliseconds(50))
        }
    }

    private func download(
        _ request: DownloadRequest, to partial: PartialFile, from mirrors: Mirrors, _ reporter: ProgressReporter?
    ) async throws(TransferError) -> Downloaded {
        var mirrors = mirrors
        while let url = try await mirrors.next() {
            var attempt = Attempt(
                url: url, target: .file(partial, resume: try partial.resume(request)), validators: request.validators,
                size: request.size, maximumSize: request.maximumSize, proxy: request.proxy,
                credentials: credentials.credentials(for: url.string), progress: reporter)
            var outcome = await loop.perform(attempt)
            if let whole = partial.whole(attempt, outcome) {
                outcome = whole
            } else if attempt.offset > 0, outcome.refusesRange {
                // The partial file cannot be continued here.
                do throws(FilesystemError) { try partial.discard() } catch { throw TransferError(.file(error)) }
                attempt.target = .file(partial, resume: nil)
                outcome = await loop.perform(attempt)
            }
            switch outcome {
            case .complete(let response):
                do throws(FilesystemError) {
                    try partial.complete(synchronizes: request.synchronizes)
                } catch {
                    throw TransferError(.file(error))
                }
                reporter?.report(bytes: response.size, total: response.size, final: true)
                return .file(
                    DownloadedFile(
                        url: url.string, finalURL: response.finalURL, validators: response.validators,
                        size: response.size, wasResumed: response.wasResumed))
            case .notModified:
                // A partial file of another version is useless.
                try? partial.discard()
                return .notModified
            case .nothingThere: mirrors.failed(.status(416))
            case .failed(.file(let error), _): throw TransferError(.file(error))
            case .failed(let reason, let retryAfter):
                mirrors.failed(reason, retryAfter: retryAfter, reached: (try? partial.size) ?? 0)
            case .cancelled: throw TransferError(.cancelled)
            }
        }
        throw mirrors.error
    }
}

extension Outcome {
    fileprivate var refusesRange: Bool {
        switch self {
        case .nothingThere, .failed(.wrongRange, _): true
        default: false
        }
    }
}

func pause(_ duration: Duration) async throws(TransferError) {
    do { try await Task.sleep(for: duration) } catch { throw TransferError(.cancelled) }
}
