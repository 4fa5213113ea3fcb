// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing
import Transfer

@Suite struct ResumeTests {
    @Test func aConnectionCutIsContinuedWhereItEnded() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (path, bytes) = try scene.file("f", size: 300_000)
            let whole = FaultServer.Response.file(path, etag: "\"1\"")
            let server = try FaultServer(["/f": [whole.with(\.cutAfter, 100_000), whole]], scratch: scratch)
            let file = try #require(try await scene.download(scene.request(server.url + "/f", size: 300_000)))
            #expect(file.wasResumed)
            #expect(try scene.destination.readFile() == bytes)
            let second = try #require(try server.requests().last)
            #expect(second.headers["range"] == "bytes=100000-")
            #expect(second.headers["if-range"] == "\"1\"")
            #expect(try scene.leftovers() == [])
        }
    }

    @Test func whatAKilledProcessGotIsContinuedByTheNext() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (path, bytes) = try scene.file("f", size: 1_000_000)
            let slow = FaultServer.Response.file(path, etag: "\"1\"").with(\.bytesPerSecond, 400_000)
            let server = try FaultServer(["/f": [slow, .file(path, etag: "\"1\"")]], scratch: scratch)
            let url = server.url + "/f"
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = scratch.string as String, url = url as String] in
                let scene = Scene(FilePath(path))
                _ = try await Downloader(settings: scene.settings).download(scene.request(url)) { progress in
                    if progress.bytes > 100_000 { kill(getpid(), SIGKILL) }
                }
            }
            #expect(try scene.leftovers() == [".downloaded.partial", ".downloaded.origin", ".downloaded.lock"])
            #expect(try await scene.download(scene.request(url))?.wasResumed == true)
            #expect(try scene.destination.readFile() == bytes)
            #expect(try scene.leftovers() == [])
        }
    }

    @Test func aCancelledDownloadEndsSoonAndIsContinued() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (path, bytes) = try scene.file("f", size: 300_000)
            let whole = FaultServer.Response.file(path, etag: "\"1\"")
            let server = try FaultServer(["/f": [whole.with(\.stallAfter, 100_000), whole]], scratch: scratch)
            var patient = scene
            patient.settings.stallTimeout = .seconds(60)
            let task = Task { [patient] in try await patient.download(patient.request(server.url + "/f")) }
            try await Task.sleep(for: .milliseconds(500))
            let began = ContinuousClock.now
            task.cancel()
            await #expect(throws: TransferError(.cancelled)) { try await task.value }
            #expect(ContinuousClock.now - began < .seconds(30))
            #expect(try await scene.download(scene.request(server.url + "/f"))?.wasResumed == true)
            #expect(try scene.destination.readFile() == bytes)
        }
    }

    @Test func anotherVersionBeginsAnew() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (old, _) = try scene.file("old", size: 300_000)
            let (new, bytes) = try scene.file("new", size: 310_000)
            let server = try FaultServer(
                ["/f": [.file(old, etag: "\"1\"").with(\.cutAfter, 100_000), .file(new, etag: "\"2\"")]],
                scratch: scratch)
            let file = try #require(try await scene.download(scene.request(server.url + "/f")))
            #expect(!file.wasResumed && file.validators.etag == "\"2\"")
            #expect(try server.requests().last?.headers["range"] != nil)
            #expect(try scene.destination.readFile() == bytes)
        }
    }

    /// What the second request gets, and how many there are.
    @Test(arguments: [("ignores", 2), ("shifts", 3)])
    func aServerThatDoesNotServeThePartBeginsAnew(_ fault: String, _ count: Int) async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (path, bytes) = try scene.file("f", size: 300_000)
            let whole = FaultServer.Response.file(path, etag: "\"1\"")
            let faulty = fault == "ignores" ? whole.with(\.ignoresRange, true) : whole.with(\.rangeShift, 7)
            let server = try FaultServer(["/f": [whole.with(\.cutAfter, 100_000), faulty]], scratch: scratch)
            #expect(try await scene.download(scene.request(server.url + "/f"))?.wasResumed == false)
            #expect(try scene.destination.readFile() == bytes)
            #expect(try server.requests().count == count)
        }
    }

    @Test func allBytesWereThereAlready() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (path, bytes) = try scene.file("f", size: 1000)
            let server = try FaultServer(["/f": [.file(path, etag: "\"1\"")]], scratch: scratch)
            try AtomicFile.write(bytes, to: scratch.appending(".downloaded.partial"))
            let origin = "\(server.url)/f\n\"1\"\n\n1000\nend\n"
            try AtomicFile.write(Array(origin.utf8), to: scratch.appending(".downloaded.origin"))
            let file = try #require(try await scene.download(scene.request(server.url + "/f")))
            #expect(file.wasResumed && file.size == 1000)
            #expect(try scene.destination.readFile() == bytes)
            #expect(try scene.leftovers() == [])
        }
    }

    @Test(arguments: [
        // Longer than the file is now; of a URL nobody asked for; a record cut off.
        (2000, "{url}\n\"1\"\n\n\nend\n"), (500, "http://other.example/f\n\"1\"\n\n\nend\n"), (500, "{url}\n\"1\"\n\n"),
    ])
    func whatCannotBeContinuedIsFetchedAnew(_ size: Int, _ origin: String) async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (path, bytes) = try scene.file("f", size: 1000)
            let server = try FaultServer(["/f": [.file(path, etag: "\"1\"")]], scratch: scratch)
            try AtomicFile.write([UInt8](repeating: 0, count: size), to: scratch.appending(".downloaded.partial"))
            let record = origin.hasPrefix("{url}") ? "\(server.url)/f" + origin.dropFirst(5) : origin
            try AtomicFile.write(Array(record.utf8), to: scratch.appending(".downloaded.origin"))
            #expect(try await scene.download(scene.request(server.url + "/f"))?.wasResumed == false)
            #expect(try scene.destination.readFile() == bytes)
        }
    }

    @Test(arguments: [nil, "W/\"1\""])
    func withoutAStrongValidatorNothingIsContinued(_ etag: String?) async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (path, bytes) = try scene.file("f", size: 300_000)
            let whole = FaultServer.Response.file(path, etag: etag)
            let server = try FaultServer(["/f": [whole.with(\.cutAfter, 100_000), whole]], scratch: scratch)
            #expect(try await scene.download(scene.request(server.url + "/f"))?.wasResumed == false)
            #expect(try server.requests().last?.headers["range"] == nil)
            #expect(try scene.destination.readFile() == bytes)
        }
    }

    @Test func anotherMirrorContinuesByDate() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (path, bytes) = try scene.file("f", size: 300_000)
            let date = "Mon, 02 Jan 2023 03:04:05 GMT"
            let first = try FaultServer(
                [
                    "/f": [
                        .file(path, etag: "\"a\"", lastModified: date).with(\.cutAfter, 100_000), .status(404),
                    ]
                ], scratch: scratch)
            let second = try FaultServer(["/f": [.file(path, etag: "\"b\"", lastModified: date)]], scratch: scratch)
            let file = try #require(
                try await scene.download(scene.request(first.url + "/f", second.url + "/f", size: 300_000)))
            #expect(file.wasResumed && file.url == second.url + "/f")
            #expect(try second.requests().last?.headers["if-range"] == date)
            #expect(try scene.destination.readFile() == bytes)
        }
    }

    @Test func attemptsThatGetFurtherAreNotCounted() async throws {
        try await withScratchDirectory { scratch in
            var scene = Scene(scratch)
            scene.settings.attempts = 2
            let (path, bytes) = try scene.file("f", size: 6 << 20)
            let cut = FaultServer.Response.file(path, etag: "\"1\"").with(\.cutAfter, 3 << 19)
            let server = try FaultServer(["/f": [cut]], scratch: scratch)
            #expect(try await scene.download(scene.request(server.url + "/f")) != nil)
            #expect(try scene.destination.readFile() == bytes)
            #expect(try server.requests().count == 4)
        }
    }
}
