// SPDX-License-Identifier: Apache-2.0

import Failures
import Filesystem
import Fixtures
import SystemPackage
import Testing
import Transfer

@Suite struct FailureTests {
    /// What one mirror does, at every attempt; how often it is asked; what is said of it.
    struct Fault: Sendable, CustomTestStringConvertible {
        let response: FaultServer.Response
        let attempts: Int
        let reason: FailureReason
        var testDescription: String { reason.description }
    }

    static let text = FaultServer.Response.text("ten bytes.")

    @Test(arguments: [
        Fault(response: .status(404), attempts: 1, reason: .status(404)),
        Fault(response: .status(503), attempts: 3, reason: .status(503)),
        Fault(response: text.with(\.cutAfter, 4), attempts: 3, reason: .cutShort(4, expected: 10)),
        Fault(
            response: text.with(\.noLength, true).with(\.cutAfter, 4), attempts: 3,
            reason: .cutShort(4, expected: 10)),
        Fault(
            response: text.with(\.stallAfter, 4), attempts: 3, reason: .stalled(.milliseconds(400))),
        Fault(response: .text("eleven byte"), attempts: 1, reason: .wrongSize(11, expected: 10)),
        Fault(
            response: .text("eleven byte").with(\.noLength, true), attempts: 1, reason: .wrongSize(11, expected: 10)),
        Fault(response: text.with(\.contentLength, 9), attempts: 1, reason: .wrongSize(9, expected: 10)),
        Fault(response: .redirect(to: "{base}/f"), attempts: 11, reason: .tooManyRedirects(10)),
        Fault(response: .redirect(to: "file:///etc/hostname"), attempts: 1, reason: .insecureRedirect),
    ])
    func theNextMirrorServesWhatOneDoesNot(_ fault: Fault) async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let bad = try FaultServer(["/f": [fault.response]], scratch: scratch)
            let good = try FaultServer(["/f": [Self.text]], scratch: scratch)
            let file = try await scene.download(scene.request(bad.url + "/f", good.url + "/f", size: 10))
            #expect(file?.url == good.url + "/f")
            #expect(try scene.destination.readFile() == Array("ten bytes.".utf8))
            try Directory.open(scratch).unlink("downloaded")

            let before = try bad.requests().count
            let error = await scene.failure(scene.request(bad.url + "/f", size: 10))
            #expect(error?.reasons == [fault.reason])
            #expect(error?.status == .unavailable)
            #expect(error?.problem == "cannot download \(bad.url)/f")
            #expect(try bad.requests().count - before == fault.attempts)
            #expect(try scene.leftovers() == [])
        }
    }

    @Test func eachMirrorsReasonIsSaid() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let server = try FaultServer(["/f": [.status(403)]], scratch: scratch)
            let closed = try Loopback.freePort()
            let error = try #require(
                await scene.failure(
                    scene.request("http://user:secret@127.0.0.1:\(closed)/f", server.url + "/f")))
            #expect(error.problem == "cannot download http://127.0.0.1:\(closed)/f, nor from 1 other mirror")
            let host = server.url.dropFirst("http://".count)
            #expect(
                error.cause
                    == "127.0.0.1:\(closed): cannot connect: Connection refused; \(host): the server answered 403")
        }
    }

    @Test func whatPassesIsWaitedFor() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let server = try FaultServer(
                [
                    "/flaky": [.status(503), Self.text.with(\.reset, true), Self.text],
                    "/busy": [.status(429, headers: ["Retry-After": "1"]), Self.text],
                ], scratch: scratch)
            #expect(try await scene.download(scene.request(server.url + "/flaky")) != nil)
            #expect(try server.requests().count == 3)
            try Directory.open(scratch).unlink("downloaded")
            let began = ContinuousClock.now
            #expect(try await scene.download(scene.request(server.url + "/busy")) != nil)
            #expect(ContinuousClock.now - began >= .seconds(1))
        }
    }

    @Test(arguments: [false, true])
    func whatIsTooLargeIsRefusedAndDeleted(_ noLength: Bool) async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (path, _) = try scene.file("f", size: 300_000)
            let server = try FaultServer(
                ["/f": [.file(path, etag: "\"1\"").with(\.noLength, noLength)]], scratch: scratch)
            var request = scene.request(server.url + "/f")
            request.maximumSize = 200_000
            #expect(await scene.failure(request)?.reasons == [.tooLarge(limit: 200_000)])
            #expect(try scene.leftovers() == [])
            var fetch = FetchRequest(urls: [server.url + "/f"])
            fetch.maximumSize = 200_000
            fetch.proxy = .none
            do throws(TransferError) {
                _ = try await Downloader(settings: scene.settings).fetch(fetch)
                Issue.record("it was fetched")
            } catch {
                #expect(error.reasons == [.tooLarge(limit: 200_000)])
            }
        }
    }

    @Test(arguments: ["ftp://host/f", "gopher://host/f", "not a url", ""])
    func onlyTheWebAndFilesAreFetchedFrom(_ url: String) async throws {
        try await withScratchDirectory { scratch in
            let error = await Scene(scratch).failure(Scene(scratch).request(url))
            #expect(error?.status == .usage)
        }
    }

    @Test func aDestinationThatCannotBeWrittenIsNamed() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            var request = scene.request("http://127.0.0.1:1/f")
            request.destination = scratch.appending("missing/f")
            let error = await scene.failure(request)
            #expect(error?.status == .cannotCreate)
            #expect(error?.problem.contains(scratch.appending("missing").string) == true)
        }
    }
}
