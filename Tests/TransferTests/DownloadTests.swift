// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Synchronization
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
        DownloadRequest(urls: urls, destination: destination, size: size)
    }

    /// The names beside the destination that the download made.
    func leftovers() throws -> Set<String> {
        Set(try Directory.open(scratch).names().map(\.string).filter { $0.hasPrefix(".downloaded.") })
    }
}

extension Downloaded {
    var file: DownloadedFile? { if case .file(let file) = self { file } else { nil } }
}

@Suite struct DownloadTests {
    @Test func aFileOfAMirrorArrivesWholeAndAlone() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (_, bytes) = try scene.file("base.tar", size: 3_000_000)
            let server = try StaticServer(serving: scratch, scratch: scratch)
            let seen = Mutex<[TransferProgress]>([])
            let file = try #require(
                try await Downloader(settings: scene.settings).download(
                    scene.request(server.url + "/base.tar", size: 3_000_000)
                ) { progress in seen.withLock { $0.append(progress) } }.file)
            #expect(try scene.destination.readFile() == bytes)
            #expect(file.size == 3_000_000 && !file.wasResumed && file.url == server.url + "/base.tar")
            #expect(file.validators.etag != nil && file.validators.lastModified != nil)
            #expect(seen.withLock(\.last)?.bytes == 3_000_000)
            #expect(seen.withLock(\.last)?.total == 3_000_000)
            #expect(try scene.leftovers() == [])
        }
    }
}
