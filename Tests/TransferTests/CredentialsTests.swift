// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Transfer

/// Users and passwords in URLs: used, and in nothing that is written or said.
@Suite struct CredentialsTests {
    /// "user:p@ss/word", as it is written in a URL, and as HTTP has it (RFC 7617).
    private static let (written, basic) = ("user:p%40ss%2Fword", "Basic dXNlcjpwQHNzL3dvcmQ=")

    private func url(_ server: FaultServer, _ path: String) -> String {
        server.url.replacing("://", with: "://\(Self.written)@") + path
    }

    private func isSilent(_ text: String) -> Bool { !text.contains("p@ss") && !text.contains("p%40ss") }

    @Test func theyCountForWhatLiesBelowOnTheSameServer() {
        let store = CredentialStore()
        #expect(store.take(from: "https://a:one@host.example/deb") == "https://host.example/deb")
        #expect(store.take(from: "https://b:t%77o@host.example/deb/inner/") == "https://host.example/deb/inner/")
        let found: [(String, String?)] = [
            ("https://host.example/deb", "one"), ("https://host.example:443/deb/dists/x", "one"),
            ("https://host.example/deb/inner/x", "two"), ("https://host.example/debian", nil),
            ("https://host.example/", nil), ("http://host.example/deb", nil), ("https://host.example:8443/deb", nil),
            ("https://other.example/deb", nil),
        ]
        for (url, password) in found { #expect(store.credentials(for: url)?.password == password, "\(url)") }
        #expect(store.take(from: "https://a:new@host.example/deb") == "https://host.example/deb")
        #expect(store.credentials(for: "https://host.example/deb/x")?.password == "new")
    }

    @Test(arguments: [
        ("http://u:p@host", "http://host"), ("http://u:p@host/a@b", "http://host/a@b"), ("u:p@host/x", "host/x"),
        ("http://u:p@ho st/", "http://ho st/"), ("ftp://u@host:21?q=@", "ftp://host:21?q=@"),
        ("http://u:p@q@host/", "http://host/"), ("http://host/x@y", "http://host/x@y"), ("", ""),
    ])
    func whatIsShownOfAURLHasNone(url: String, shown: String) {
        #expect(RemoteURL.withoutCredentials(url) == shown)
    }

    @Test func theyAreSentAndNothingElseKnowsThem() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let (file, bytes) = try scene.file("file", size: 5000)
            let response = FaultServer.Response.file(file, etag: "\"1\"")
            let server = try FaultServer(["/a/f": [response.with(\.cutAfter, 1000), response]], scratch: scratch)
            var settings = scene.settings
            settings.attempts = 1
            // Cut off, what came is kept with where it came from.
            let downloader = Downloader(settings: settings)
            let error = await #expect(throws: TransferError.self) {
                try await downloader.download(scene.request(url(server, "/a/f")))
            }
            #expect(isSilent(String(describing: error)))
            let leftovers = try scene.leftovers()
            #expect(leftovers.contains(".downloaded.origin"))
            for name in leftovers {
                let path = scratch.appending(name)
                #expect(isSilent(String(decoding: try path.readFile(), as: UTF8.self)), "\(name)")
            }
            let done = try await downloader.download(scene.request(url(server, "/a/f"))).file
            #expect(done?.wasResumed == true)
            #expect(done?.url == server.url + "/a/f")
            #expect(done?.finalURL == server.url + "/a/f")
            #expect(try scene.destination.readFile() == bytes)
            #expect(try server.requests().map { $0.headers["authorization"] } == [Self.basic, Self.basic])
        }
    }

    @Test func anotherServerDoesNotGetThem() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let other = try FaultServer(["/f": [.text("x")], "/g": [.text("x")]], scratch: scratch)
            let server = try FaultServer(
                ["/f": [.redirect(to: other.url + "/f")], "/g": [.status(404)]], scratch: scratch)
            let downloader = Downloader(settings: scene.settings)
            for path in ["/f", "/g"] {
                var request = FetchRequest(urls: [url(server, path), other.url + path])
                request.proxy = .none
                _ = try await downloader.fetch(request)
            }
            #expect(try server.requests().map { $0.headers["authorization"] } == [Self.basic, Self.basic])
            #expect(try other.requests().map { $0.headers["authorization"] } == [nil, nil])
        }
    }

    @Test func noErrorTellsThem() async throws {
        try await withScratchDirectory { scratch in
            let scene = Scene(scratch)
            let server = try FaultServer(["/denied": [.status(401)]], scratch: scratch)
            let urls = [
                url(server, "/denied"), url(server, "/none"), "http://\(Self.written)@127.0.0.1:1/x",
                "gopher://\(Self.written)@host/", "http://\(Self.written)@ho st/", "\(Self.written)@host/",
            ]
            for url in urls {
                let error = await scene.failure(scene.request(url))
                for text in [error?.problem, error?.cause, error?.remedy, "\(error as Any)"] {
                    #expect(isSilent(text ?? ""), "\(url): \(text ?? "")")
                }
            }
            let denied = await scene.failure(scene.request(server.url + "/denied"))
            #expect(denied?.remedy?.contains("https://USER:PASSWORD@HOST/") == true)
        }
    }
}
