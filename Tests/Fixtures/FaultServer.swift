// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import FoundationEssentials
package import SystemPackage

/// An HTTP/1.1 server on 127.0.0.1 that misbehaves as told (fault-server.py, Python's standard library only).
/// Ends when this is gone.
///
///     let server = try FaultServer(["/base.tar": [.status(503), .file(tarball, etag: "\"1\"").cut(after: 1000)]], scratch: scratch)
///     fetch(server.url + "/base.tar")     // 503
///     fetch(server.url + "/base.tar")     // 1000 bytes, then the connection ends; so it stays from now on
///
/// It can be named as an HTTP proxy too: then a path is served whatever the host.
package final class FaultServer: Sendable {
    /// One response. Where `status` is 200, Range, If-Range, If-None-Match and If-Modified-Since are honoured as far
    /// as `etag` and `lastModified` are given.
    package struct Response: Codable, Sendable {
        package var status = 200
        /// Header fields; `{base}` in one stands for the server's own URL.
        package var headers: [String: String] = [:]
        /// The body: a text, or the bytes of a file.
        package var text: String?
        package var file: String?
        package var etag: String?
        package var lastModified: String?
        /// A lie.
        package var contentLength: Int?
        /// Neither Content-Length nor chunks: the end of the connection is the end of the body.
        package var noLength: Bool?
        /// After so many bytes of the body the connection ends.
        package var cutAfter: Int?
        /// And does so by RST.
        package var resetsAtCut: Bool?
        /// After so many bytes of the body nothing more comes.
        package var stallAfter: Int?
        package var bytesPerSecond: Int?
        package var ignoresRange: Bool?
        /// By so many bytes another part is sent than was asked for.
        package var rangeShift: Int?
        /// RST instead of a response.
        package var reset: Bool?
        /// In seconds, before the response.
        package var delay: Double?

        package static func text(_ text: String, etag: String? = nil) -> Response {
            var response = Response()
            response.text = text
            response.etag = etag
            return response
        }

        package static func file(_ path: FilePath, etag: String? = nil, lastModified: String? = nil) -> Response {
            var response = Response()
            response.file = path.string
            response.etag = etag
            response.lastModified = lastModified
            return response
        }

        package static func status(_ status: Int, headers: [String: String] = [:]) -> Response {
            var response = Response()
            response.status = status
            response.headers = headers
            return response
        }

        /// `location` may begin with `{base}`, the server's own URL.
        package static func redirect(to location: String) -> Response {
            .status(302, headers: ["Location": location])
        }

        /// The same with one thing changed: `.file(path).with(\.cutAfter, 1000)`.
        package func with<Value>(_ key: WritableKeyPath<Response, Value>, _ value: Value) -> Response {
            var response = self
            response[keyPath: key] = value
            return response
        }
    }

    /// A request as it came.
    package struct Request: Codable, Sendable {
        /// With its query.
        package let path: String
        /// As in the request line: a whole URL where this is used as a proxy.
        package let target: String
        /// Names in lower case.
        package let headers: [String: String]
    }

    private let process: ServerProcess
    private let log: FilePath
    /// Without a slash at the end.
    package let url: String

    /// `script`: by path, what the requests for it get one after the other; the last repeats. Other paths get 404.
    /// `scratch`: where its own files go, in a directory of its own. With `certificate` it serves https.
    package init(
        _ script: [String: [Response]], scratch: FilePath, certificate: TestCertificate? = nil
    ) throws {
        let parent = try Directory.open(scratch)
        let name = FilePath.Component("faults-\(try parent.names().count)") ?? "faults"
        try parent.makeDirectory(name)
        let home = scratch.appending(name)
        try AtomicFile.write(Array(try JSONEncoder().encode(script)), to: home.appending("script.json"))
        log = home.appending("requests")
        try AtomicFile.write([], to: log)
        let program = FilePath(#filePath).removingLastComponent().appending("fault-server.py")
        let portFile = home.appending("port")
        process = try ServerProcess(
            ["python3", "-IS", program.string, home.appending("script.json").string, portFile.string, log.string]
                + (certificate.map { [$0.certificate.string, $0.key.string] } ?? []),
            log: home.appending("output"))
        let port = try ServerProcess.wait(for: "fault-server.py") { try? portFile.readFile() }
        url = "\(certificate == nil ? "http" : "https")://127.0.0.1:\(String(decoding: port, as: UTF8.self))"
    }

    /// What was asked for so far, in order.
    package func requests() throws -> [Request] {
        try log.readFile().split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Request.self, from: Data($0))
        }
    }
}
