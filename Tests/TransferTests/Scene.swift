// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import SystemPackage
import Testing
import Transfer

/// What every suite here begins with.
struct Scene {
    let scratch: FilePath
    let destination: FilePath
    var settings: NetworkSettings

    init(_ scratch: FilePath) {
        self.scratch = scratch
        destination = scratch.appending("downloaded")
        settings = NetworkSettings(version: "0") { _ in nil }
        settings.backOff = .milliseconds(20)
        settings.stallTimeout = .milliseconds(400)
        settings.attempts = 3
    }

    /// A file of bytes without a pattern, on the disk at `scratch/name`.
    func file(_ name: FilePath.Component, size: Int) throws -> (path: FilePath, bytes: [UInt8]) {
        var state = UInt64(size)
        let bytes = (0..<size).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        try AtomicFile.write(bytes, to: scratch.appending(name))
        return (scratch.appending(name), bytes)
    }

    func request(_ urls: String..., size: Int64? = nil) -> DownloadRequest {
        var request = DownloadRequest(urls: urls, destination: destination, size: size)
        // Whatever proxy the tests are run behind.
        request.proxy = .none
        return request
    }

    func download(_ request: DownloadRequest) async throws -> DownloadedFile? {
        try await Downloader(settings: settings).download(request).file
    }

    /// What the download fails with.
    func failure(_ request: DownloadRequest) async -> TransferError? {
        let settings = settings
        return await #expect(throws: TransferError.self) {
            try await Downloader(settings: settings).download(request)
        }
    }

    /// The names beside the destination that the download made.
    func leftovers() throws -> Set<String> {
        Set(try Directory.open(scratch).names().map(\.string).filter { $0.hasPrefix(".downloaded.") })
    }
}

extension Downloaded {
    var file: DownloadedFile? { if case .file(let file) = self { file } else { nil } }
}

extension TransferError {
    /// Of each mirror.
    var reasons: [FailureReason] {
        if case .unreachable(let failures) = kind { failures.map(\.reason) } else { [] }
    }
}
