// SPDX-License-Identifier: Apache-2.0

/// One request to one mirror.
struct Attempt: Sendable {
    enum Target: Sendable {
        /// `resume`: existing bytes, to be continued if the server agrees.
        case file(PartialFile, resume: (origin: Origin, bytes: Int64)?)
        case memory
    }

    var url: RemoteURL
    var target: Target
    /// Of the version the caller has.
    var validators: Validators?
    /// Of the whole file.
    var size: Int64?
    var maximumSize: Int64
    var proxy: Proxy
    var credentials: Credentials?
    var progress: ProgressReporter?

    /// Where it is to start, in bytes.
    var offset: Int64 {
        if case .file(_, .some(let resume)) = target { resume.bytes } else { 0 }
    }
}

enum Outcome: Sendable {
    case complete(Response)
    case notModified
    /// 416: nothing beyond the offset; the total size on the server, if known.
    case nothingThere(total: Int64?)
    case failed(FailureReason, retryAfter: Int?)
    case cancelled
}

struct Response: Sendable {
    var finalURL: String
    var validators: Validators
    /// Of the whole file.
    var size: Int64
    var wasResumed: Bool
    /// Of a transfer to memory.
    var bytes: [UInt8]
}
