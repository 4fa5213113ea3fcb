// SPDX-License-Identifier: Apache-2.0

package import SystemPackage
internal import Filesystem

/// nginx on 127.0.0.1, serving the files of a directory as a mirror does: ranges, ETag, Last-Modified, 304.
/// For root and other users alike; ends when this is gone.
///
///     let server = try StaticServer(serving: scratch.appending("mirror"), scratch: scratch)
///     fetch(server.url + "/base.tar.gz")
package final class StaticServer: Sendable {
    /// A request that was answered.
    package struct Request: Hashable, Sendable {
        package let path: String
        package let status: Int
        /// The same for requests over one connection.
        package let connection: Int
        /// `HTTP/1.1`, `HTTP/2.0`
        package let version: String
    }

    private let process: ServerProcess
    private let log: FilePath
    /// Without a slash at the end.
    package let url: String
    package let port: Int

    /// `scratch`: where its own files go, in a directory of its own. With `certificate` it serves https, and HTTP/2.
    /// `port`: that of a server that is gone. `login`: it serves nobody but this user. `bytesPerSecond` is for each connection.
    package init(
        serving directory: FilePath, scratch: FilePath, certificate: TestCertificate? = nil, port fixed: Int? = nil,
        bytesPerSecond: Int? = nil, login: (user: String, password: String)? = nil
    ) throws {
        // Another program may take the port before nginx does.
        for attempt in 1... {
            let port = try fixed ?? Loopback.freePort()
            let parent = try Directory.open(scratch)
            let home = scratch.appending("nginx-\(try parent.names().count)")
            try parent.makeDirectory(home.lastComponent ?? "nginx")
            try AtomicFile.write(
                Array(
                    Self.configuration(
                        directory, home: home, port: port, certificate, bytesPerSecond, isClosed: login != nil
                    ).utf8),
                to: home.appending("nginx.conf"))
            let users = login.map { "\($0.user):{PLAIN}\($0.password)\n" } ?? ""
            try AtomicFile.write(Array(users.utf8), to: home.appending("users"))
            let process = try ServerProcess(
                ["nginx", "-e", home.appending("error.log").string, "-p", home.string, "-c", "nginx.conf"],
                log: home.appending("output"))
            do {
                try ServerProcess.wait(for: "nginx") {
                    let isOurs = (try? home.appending("nginx.pid").readFile())?.isEmpty == false
                    return isOurs && Loopback.isListening(port) ? () : nil
                }
            } catch  where attempt < 3 {
                continue
            }
            self.process = process
            self.port = port
            log = home.appending("access.log")
            url = "\(certificate == nil ? "http" : "https")://127.0.0.1:\(port)"
            return
        }
        preconditionFailure("the loop ends by return or throw")
    }

    /// What was asked for so far.
    package func requests() throws -> [Request] {
        // A client may have its answer a moment before nginx writes that down, but nginx does nothing else in between:
        // when this is answered, by whatever, all before it is in the log.
        _ = try Loopback.ask(port, "GET /.log HTTP/1.0\r\n\r\n")
        return String(decoding: try log.readFile(), as: UTF8.self).split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count == 4, fields[0] != "/.log", let status = Int(fields[1]), let connection = Int(fields[2])
            else { return nil }
            return Request(
                path: String(fields[0]), status: status, connection: connection, version: String(fields[3]))
        }
    }

    private static func configuration(
        _ directory: FilePath, home: FilePath, port: Int, _ certificate: TestCertificate?, _ bytesPerSecond: Int?,
        isClosed: Bool
    ) -> String {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(home)/\($0);" }.joined(separator: " ")
        let tls = certificate.map { "ssl_certificate \($0.certificate); ssl_certificate_key \($0.key);" } ?? ""
        return """
            daemon off;
            master_process off;
            pid \(home)/nginx.pid;
            events { worker_connections 512; }
            http {
                \(temporary)
                default_type application/octet-stream;
                log_format short '$uri $status $connection $server_protocol';
                access_log \(home)/access.log short;
                sendfile on;
                \(bytesPerSecond.map { "limit_rate \($0);" } ?? "")
                server {
                    listen 127.0.0.1:\(port)\(certificate == nil ? "" : " ssl http2");
                    \(tls)
                    root \(directory);
                    \(isClosed ? "auth_basic closed; auth_basic_user_file \(home)/users;" : "")
                    location = /.log { auth_basic off; }
                }
            }
            """
    }
}
