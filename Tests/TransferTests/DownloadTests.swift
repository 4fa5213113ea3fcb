// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Synchronization
import SystemPackage
import Testing
import Transfer

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

    @Test func aFileThatIsThereIsNotAskedForAgain() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            try AtomicFile.write(Array("there".utf8), to: scene.destination)
            let server = try FaultServer(["/f": [.text("new text")]], scratch: scratch)
            #expect(try await scene.download(scene.request(server.url + "/f", size: 5))?.url == nil)
            #expect(try server.requests().isEmpty)
            // Of another size it cannot be the one.
            #expect(try await scene.download(scene.request(server.url + "/f", size: 8))?.url != nil)
            #expect(try scene.destination.readFile() == Array("new text".utf8))
        }
    }

    @Test func whatIsUnchangedIsNotTransferred() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (path, _) = try scene.file("f", size: 100)
            let server = try StaticServer(serving: scratch, scratch: scratch)
            for url in [server.url + "/f", "file://\(path)"] {
                var request = scene.request(url)
                let file = try #require(try await scene.download(request))
                request.validators = file.validators
                #expect(try await Downloader(settings: scene.settings).download(request) == .notModified)
                request.validators = Validators(etag: "\"other\"", lastModified: "Mon, 01 Jan 2001 00:00:00 GMT")
                #expect(try await scene.download(request)?.size == 100)
                try Directory.open(scratch).unlink("downloaded")
            }
        }
    }

    @Test func manyAtOnceFetchOnce() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (path, bytes) = try scene.file("f", size: 200_000)
            let server = try FaultServer(["/f": [.file(path).with(\.bytesPerSecond, 400_000)]], scratch: scratch)
            let files = try await withThrowingTaskGroup(of: DownloadedFile?.self) { group in
                for _ in 0..<4 { group.addTask { try await scene.download(scene.request(server.url + "/f")) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(files.filter { $0?.url != nil }.count == 1 && files.allSatisfy { $0?.size == 200_000 })
            #expect(try server.requests().count == 1)
            #expect(try scene.destination.readFile() == bytes)
            #expect(try scene.leftovers() == [])
        }
    }

    @Test func anEmptyFileArrives() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let server = try FaultServer(["/f": [.text("")]], scratch: scratch)
            #expect(try await scene.download(scene.request(server.url + "/f"))?.size == 0)
            #expect(try scene.destination.readFile().isEmpty)
        }
    }
}
