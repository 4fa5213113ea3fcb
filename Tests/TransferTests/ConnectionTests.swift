// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing
import Transfer

@Suite struct ConnectionTests {
    @Test func aCertificateNobodyTrustsIsRefusedUntilItIsNamed() async throws {
        try await withScratchDirectory { scratch in
            let certificate = try TestCertificate(in: scratch)
            try AtomicFile.write(Array("text".utf8), to: scratch.appending("f"))
            let server = try StaticServer(serving: scratch, scratch: scratch, certificate: certificate)
            var scene = Scene(scratch)
            let error = try #require(await scene.failure(scene.request(server.url + "/f")))
            guard case .certificate = error.reasons.first else { throw error }
            #expect(error.remedy?.contains("SSL_CERT_FILE") == true)
            for name in ["SSL_CERT_FILE", "CURL_CA_BUNDLE"] {
                scene.settings = NetworkSettings(version: "0") { $0 == name ? certificate.certificate.string : nil }
                #expect(try await scene.download(scene.request(server.url + "/f"))?.size == 4)
                try Directory.open(scratch).unlink("downloaded")
            }
        }
    }

    @Test func theProcessesOwnEnvironmentCounts() async throws {
        try await withScratchDirectory { scratch in
            let certificate = try TestCertificate(in: scratch)
            let server = try FaultServer(["/f": [.text("secure")]], scratch: scratch, certificate: certificate)
            let proxy = try FaultServer(["/f": [.text("proxied")]], scratch: scratch)
            await #expect(processExitsWith: .success) {
                [
                    bundle = certificate.certificate.string as String, url = server.url as String,
                    proxy = proxy.url as String
                ]
                in
                setenv("SSL_CERT_FILE", bundle, 1)
                let others = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]
                for name in others + ["CURL_CA_BUNDLE", "SSL_CERT_DIR"] { unsetenv(name) }
                setenv("http_proxy", proxy, 1)
                let downloader = Downloader(settings: NetworkSettings(version: "0"))
                for (url, text) in [(url + "/f", "secure"), ("http://mirror.invalid/f", "proxied")] {
                    guard case .document(let document) = try await downloader.fetch(FetchRequest(urls: [url])),
                        document.bytes == Array(text.utf8)
                    else { exit(1) }
                }
            }
        }
    }

    @Test func httpsIsNotLeftByARedirect() async throws {
        try await withScratchDirectory { scratch in
            let certificate = try TestCertificate(in: scratch)
            let plain = try FaultServer(["/f": [.text("plain")]], scratch: scratch)
            let secure = try FaultServer(
                ["/f": [.redirect(to: plain.url + "/f")], "/g": [.text("secure")]], scratch: scratch,
                certificate: certificate)
            let roundabout = try FaultServer(
                ["/f": [.redirect(to: secure.url + "/f")], "/g": [.redirect(to: secure.url + "/g")]], scratch: scratch)
            var scene = Scene(scratch)
            scene.settings.caBundle = certificate.certificate
            for server in [secure, roundabout] {
                #expect(await scene.failure(scene.request(server.url + "/f"))?.reasons == [.insecureRedirect])
            }
            #expect(try plain.requests().isEmpty)
            // The other way is open.
            #expect(try await scene.download(scene.request(roundabout.url + "/g"))?.finalURL == secure.url + "/g")
        }
    }

    @Test func redirectsAreFollowed() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let server = try FaultServer(
                ["/a": [.redirect(to: "/b")], "/b": [.text("text", etag: "\"b\"")]], scratch: scratch)
            let file = try #require(try await scene.download(scene.request(server.url + "/a")))
            #expect(file.url == server.url + "/a" && file.finalURL == server.url + "/b")
            #expect(file.validators.etag == "\"b\"")
            #expect(try server.requests().first?.headers["user-agent"] == "mangrove/0")
        }
    }

    @Test func theProxyOfARequestIsUsed() async throws {
        try await withScratchDirectory { scratch in
            let proxy = try FaultServer(["/f": [.text("proxied")]], scratch: scratch)
            var request = FetchRequest(urls: ["http://mirror.invalid/f"])
            request.proxy = .url(proxy.url)
            let fetched = try await Downloader(settings: Scene(scratch).settings).fetch(request)
            guard case .document(let document) = fetched else { throw TransferError(.cancelled) }
            #expect(document.bytes == Array("proxied".utf8))
            #expect(try proxy.requests().first?.target == "http://mirror.invalid/f")
        }
    }

    @Test(arguments: [false, true])
    func manyFilesShareFewConnections(_ secure: Bool) async throws {
        try await withScratchDirectory { scratch in
            let directory = try Directory.open(scratch)
            try directory.makeDirectory("mirror")
            try directory.makeDirectory("into")
            for index in 0..<100 {
                try AtomicFile.write(Array("file \(index)".utf8), to: scratch.appending("mirror/\(index)"))
            }
            let certificate = secure ? try TestCertificate(in: scratch) : nil
            let server = try StaticServer(
                serving: scratch.appending("mirror"), scratch: scratch, certificate: certificate)
            var settings = Scene(scratch).settings
            settings.connectionsPerHost = 4
            settings.caBundle = certificate?.certificate
            let downloader = Downloader(settings: settings)
            try await withThrowingTaskGroup { group in
                for index in 0..<100 {
                    group.addTask {
                        var request = DownloadRequest(
                            urls: ["\(server.url)/\(index)"], destination: scratch.appending("into/\(index)"))
                        request.proxy = .none
                        request.synchronizes = false
                        _ = try await downloader.download(request)
                    }
                }
                try await group.waitForAll()
            }
            for index in 0..<100 {
                #expect(try scratch.appending("into/\(index)").readFile() == Array("file \(index)".utf8))
            }
            let requests = try server.requests()
            #expect(requests.count == 100)
            #expect(Set(requests.map(\.connection)).count <= (secure ? 1 : 4))
            #expect(requests.allSatisfy { $0.version == (secure ? "HTTP/2.0" : "HTTP/1.1") })
        }
    }

    /// libcurl can let transfers wait to learn whether they may share the connection of another.
    @Test func noneWaitsForTheAnswerOfAnother() async throws {
        try await withScratchDirectory { scratch in
            let slow = FaultServer.Response.text("late").with(\.delay, 60)
            let server = try FaultServer(["/f": [slow]], scratch: scratch)
            var settings = Scene(scratch).settings
            settings.stallTimeout = .seconds(60)
            settings.connectionsPerHost = 4
            let downloader = Downloader(settings: settings)
            let fetches = (0..<6).map { _ in
                Task {
                    var request = FetchRequest(urls: [server.url + "/f"])
                    request.proxy = .none
                    return try await downloader.fetch(request)
                }
            }
            // No answer has come, nor will one.
            var asked = 0
            for _ in 0..<1000 where asked < settings.connectionsPerHost {
                try await Task.sleep(for: .milliseconds(10))
                asked = try server.requests().count
            }
            #expect(asked == settings.connectionsPerHost)
            for fetch in fetches { fetch.cancel() }
            for fetch in fetches { await #expect(throws: TransferError(.cancelled)) { try await fetch.value } }
        }
    }

    @Test func aDocumentIsFetchedOnceItChanged() async throws {
        try await withScratchDirectory { scratch in
            let server = try FaultServer(
                ["/f": [.status(500), .text("one", etag: "\"1\""), .text("two", etag: "\"2\"")]], scratch: scratch)
            let downloader = Downloader(settings: Scene(scratch).settings)
            var request = FetchRequest(urls: [server.url + "/f"])
            request.proxy = .none
            request.validators = Validators(etag: "\"1\"")
            #expect(try await downloader.fetch(request) == .notModified)
            guard case .document(let document) = try await downloader.fetch(request) else {
                throw TransferError(.cancelled)
            }
            #expect(document.bytes == Array("two".utf8) && document.validators == Validators(etag: "\"2\""))
        }
    }

    @Test func theThreadEndsWithItsOwner() async throws {
        try await withScratchDirectory { scratch in
            try AtomicFile.write(Array("x".utf8), to: scratch.appending("f"))
            await #expect(processExitsWith: .success) { [path = scratch.string as String] in
                let scratch = FilePath(path)
                func threads() throws -> Int { try Directory.open("/proc/self/task").names().count }
                let request = FetchRequest(urls: ["file://\(scratch)/f"])
                _ = try await Downloader(settings: Scene(scratch).settings).fetch(request)
                let before = try threads()
                for _ in 0..<50 { _ = try await Downloader(settings: Scene(scratch).settings).fetch(request) }
                if try threads() > before + 10 { exit(1) }
            }
        }
    }
}
