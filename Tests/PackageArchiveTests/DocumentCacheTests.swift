// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import Synchronization
import SystemPackage
import Testing
import Transfer

@testable import PackageArchive

@Suite struct DocumentCacheTests {
    private func text(_ cache: DocumentCache, _ url: String) async throws -> String {
        String(decoding: try await cache.fetch(FetchRequest(urls: [url])).bytes, as: UTF8.self)
    }

    /// A server has the document `list`; `body` gets where it is, its URL, and what makes caches of one directory.
    private func serve(
        _ body: (FilePath, String, (DocumentCache.Purpose) -> DocumentCache, inout StaticServer?) async throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            let mirror = scratch.appending("mirror")
            try mirror.makeDirectories()
            var server: StaticServer? = try StaticServer(serving: mirror, scratch: scratch)
            let url = try #require(server).url + "/list"
            var settings = NetworkSettings(version: "test")
            settings.attempts = 1
            let downloader = Downloader(settings: settings)
            try await body(
                mirror.appending("list"), url,
                { DocumentCache(scratch.appending("documents"), downloader: downloader, for: $0) }, &server)
        }
    }

    /// Servers tell versions apart by the second.
    @Test func anotherVersionOfTheSameSecondIsSeen() async throws {
        try await serve { file, url, make, _ in
            for version in 0..<8 {
                try AtomicFile.write(Array("version \(version)".utf8), to: file)
                #expect(try await text(make(.looking), url) == "version \(version)")
            }
        }
    }

    @Test func whatHasNotChangedIsNotSentAgain() async throws {
        try await serve { file, url, make, server in
            try AtomicFile.write(Array("one".utf8), to: file)
            let times = [timespec](repeating: timespec(tv_sec: 1_000_000_000, tv_nsec: 0), count: 2)
            #expect(utimensat(AT_FDCWD, file.string, times, 0) == 0)
            let first = make(.looking)
            for _ in 0..<3 { #expect(try await text(first, url) == "one") }
            #expect(try await text(make(.looking), url) == "one")
            // To make something it is.
            #expect(try await text(make(.making { _ in }), url) == "one")
            #expect(try server?.requests().map(\.status) == [200, 304, 200])
        }
    }

    @Test func whatIsThereIsTakenToMakeSomethingWithoutANetwork() async throws {
        try await serve { file, url, make, server in
            try AtomicFile.write(Array("one".utf8), to: file)
            let notes = Mutex<[String]>([])
            let making = DocumentCache.Purpose.making { note in notes.withLock { $0.append(note) } }
            #expect(try await text(make(making), url) == "one")
            server = nil
            #expect(try await text(make(making), url) == "one")
            let expected = "\(url) is unreachable; using the copy of less than an hour ago"
            #expect(notes.withLock { $0 } == [expected])
            await #expect(throws: TransferError.self) { try await text(make(.looking), url) }
        }
    }
}
