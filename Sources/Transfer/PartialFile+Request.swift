// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import SystemPackage

/// What a request makes of the files that are there.
extension PartialFile {
    /// The file that is wanted, where nothing need be transferred; to be asked under the lock. `before`: what was
    /// there before the wait for the lock.
    func found(_ request: DownloadRequest, before: FileStatus?) throws(TransferError) -> DownloadedFile? {
        let now: FileStatus?
        do throws(FilesystemError) { now = try existing() } catch { throw TransferError(.file(error)) }
        guard let now, now.kind == .regular, request.size == nil || now.size == request.size else { return nil }
        if request.validators != nil, now == before { return nil }
        return DownloadedFile(size: now.size)
    }

    /// What can be continued; what cannot be is deleted.
    func resume(_ request: DownloadRequest) throws(TransferError) -> (origin: Origin, bytes: Int64)? {
        do throws(FilesystemError) {
            guard let found = try resumable() else { return nil }
            let total = request.size ?? found.origin.total
            guard request.urls.contains(found.origin.url), found.bytes <= total ?? request.maximumSize,
                found.origin.total == nil || found.origin.total == total
            else {
                try discard()
                return nil
            }
            return found
        } catch {
            throw TransferError(.file(error))
        }
    }

    /// All bytes were there already, as an answer of 416 can tell.
    func whole(_ attempt: Attempt, _ outcome: Outcome) -> Outcome? {
        guard case .nothingThere(let total?) = outcome, case .file(_, let resume?) = attempt.target,
            total == resume.bytes, attempt.size == nil || attempt.size == total
        else { return nil }
        return .complete(
            Response(
                finalURL: attempt.url.string, validators: resume.origin.validators, size: total, wasResumed: true,
                bytes: []))
    }

    /// Leaves what the next attempt can continue, and nothing else.
    func tidy(after error: TransferError) {
        let keeps =
            switch error.kind {
            case .cancelled: true
            // A disk that is full should not stay so for our sake.
            case .file, .badURL: false
            case .unreachable(let failures):
                failures.allSatisfy { if case .tooLarge = $0.reason { false } else { true } }
            }
        if !keeps || (try? resumable()) == nil { try? discard() }
    }
}
