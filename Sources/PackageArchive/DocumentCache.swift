// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Filesystem
internal import FoundationEssentials
internal import Integrity
internal import Synchronization
package import SystemPackage
package import Transfer

/// Small documents that change, with their servers' validators: most are not sent again when requested again (RFC 9110,
/// section 13). Cached documents are verified like those from a server.
///
/// One to a process; any number of processes may share a directory.
package final class DocumentCache: Sendable {
    package enum Purpose: Sendable {
        /// To make something: every document is requested again; if no server is reachable, the cached one is used, and
        /// `note` gets a message for the user.
        case making(note: @Sendable (String) -> Void)
        /// To detect changes: only changed documents are sent, each once in the lifetime of this value.
        case looking
    }

    private let downloader: Downloader
    private let directory: FilePath
    private let purpose: Purpose
    /// Documents already requested, by their first URL.
    private let asked = Mutex<[String: Task<Result<FetchedDocument, TransferError>, Never>]>([:])

    /// `directory` holds a file for each URL, and is made if need be.
    package init(_ directory: FilePath, downloader: Downloader, for purpose: Purpose) {
        (self.directory, self.downloader, self.purpose) = (directory, downloader, purpose)
    }

    /// The document, from the first of `request.urls` that has it; its validators are this cache's matter.
    package func fetch(_ request: FetchRequest) async throws(TransferError) -> FetchedDocument {
        let url = request.urls.first.map(downloader.credentials.take) ?? ""
        guard case .looking = purpose else { return try await ask(request, url) }
        let task = asked.withLock { asked in
            if let task = asked[url] { return task }
            let task = Task { () -> Result<FetchedDocument, TransferError> in
                do throws(TransferError) {
                    return .success(try await self.ask(request, url))
                } catch {
                    return .failure(error)
                }
            }
            asked[url] = task
            return task
        }
        return try await task.value.get()
    }

    /// Forgets all requests, so that everything is requested again.
    package func forget() { asked.withLock { $0 = [:] } }

    private func ask(_ request: FetchRequest, _ url: String) async throws(TransferError) -> FetchedDocument {
        let last = Entry(reading: file(of: url), url)
        var request = request
        if case .looking = purpose, let validators = last?.head.validators, !validators.isEmpty {
            request.validators = validators
        }
        do throws(TransferError) {
            switch try await downloader.fetch(request) {
            case .notModified:
                guard let last else { throw TransferError(.unreachable([])) }
                return last.document
            case .document(let document):
                write(Entry(document, asked: url))
                return document
            }
        } catch {
            guard case .making(let note) = purpose, let last, error.isOfNetwork else { throw error }
            note("\(last.head.url) is unreachable; using the copy of \(last.age)")
            return last.document
        }
    }

    private func file(of url: String) -> FilePath {
        let digest = (try? Digest.of(Array(url.utf8)).hex) ?? ""
        return directory.appending(digest.isEmpty ? "none" : digest)
    }

    /// One that cannot be kept is asked for again.
    private func write(_ entry: Entry) {
        try? directory.makeDirectories(mode: 0o700)
        try? AtomicFile.write(entry.bytes, to: file(of: entry.head.asked))
    }
}

/// A file of the cache: a line of JSON, and the document.
private struct Entry {
    struct Head: Codable {
        /// The first that was asked.
        var asked: String
        /// Where it came from.
        var url: String
        var validators: Validators
        /// Seconds since 1970.
        var fetched: Double
    }

    let head: Head
    let document: FetchedDocument

    init(_ document: FetchedDocument, asked: String) {
        self.document = document
        let now = Date().timeIntervalSince1970
        // A document modified within this second may be replaced by another version with the same validators: servers
        // derive them from times in seconds (RFC 9110, section 8.8.2.2).
        let isRecent = document.validators.lastModified.flatMap(ArchiveDate.seconds).map {
            Double($0) >= now.rounded(.down)
        }
        head = Head(
            asked: asked, url: document.url, validators: isRecent == true ? Validators() : document.validators,
            fetched: now)
    }

    /// nil where there is none at `path`, or one of something else.
    init?(reading path: FilePath, _ url: String) {
        guard let bytes = try? path.readFile(limit: 64 << 20), let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
            let head = try? JSONDecoder().decode(Head.self, from: Data(bytes[..<end])), head.asked == url
        else { return nil }
        self.head = head
        document = FetchedDocument(
            bytes: Array(bytes[(end + 1)...]), url: head.url, finalURL: head.url, validators: head.validators)
    }

    var bytes: [UInt8] {
        let line = (try? JSONEncoder().encode(head)) ?? Data()
        return Array(line) + [UInt8(ascii: "\n")] + document.bytes
    }

    var age: String {
        let hours = Int((Date().timeIntervalSince1970 - head.fetched) / 3600)
        return switch hours {
        case ..<1: "less than an hour ago"
        case 1..<48: "\(counted(hours, "hour")) ago"
        default: "\(counted(hours / 24, "day")) ago"
        }
    }
}

extension TransferError {
    /// No server answered at all.
    fileprivate var isOfNetwork: Bool { !failures.isEmpty && failures.allSatisfy(\.isOfNetwork) }
}
