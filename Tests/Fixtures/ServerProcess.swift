// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
package import SystemPackage

/// A program that serves a test, and ends with it: when this is gone, or the test's process, however it dies.
package final class ServerProcess: Sendable {
    package struct Failed: Error, CustomStringConvertible {
        package let description: String
    }

    private let process: pid_t
    /// The program's supervisor reads from the other end; that it is closed is the sign to end.
    private let leash: CInt

    /// Runs `command`, found by PATH. What it prints goes to `log`.
    package init(_ command: [String], log: FilePath) throws {
        var ends: [CInt] = [-1, -1]
        // Close-on-exec from the start: a copy in another test's server would keep this one alive.
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Errno.last
        }
        // The program gets no standard input, so that the shell alone holds the read end.
        let supervisor = #"PATH=$PATH:/usr/sbin:/sbin; "$@" </dev/null & read -r _; kill -KILL $! 2>/dev/null; wait"#
        let arguments = ["sh", "-c", supervisor, "sh"] + command
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, log.string, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Threads of a test have signals blocked; a shell that cannot see SIGCHLD waits for ever.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var vector = arguments.map { strdup($0) } + [nil]
        defer { for argument in vector { free(argument) } }
        var process: pid_t = 0
        let error = posix_spawn(&process, "/bin/sh", &actions, &attributes, &vector, environ)
        close(ends[0])
        guard error == 0 else {
            close(ends[1])
            throw Errno(rawValue: error)
        }
        self.process = process
        leash = ends[1]
    }

    deinit {
        close(leash)
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    /// Waits, ten seconds at most, for `isReady` to give something.
    package static func wait<Value>(for what: String, _ isReady: () throws -> Value?) throws -> Value {
        for _ in 0..<1000 {
            if let value = try isReady() { return value }
            usleep(10_000)
        }
        throw Failed(description: "\(what) did not come up")
    }
}

/// TCP on 127.0.0.1.
package enum Loopback {
    /// A port that nobody listened on just now. Somebody else may take it before it is used.
    package static func freePort() throws -> Int {
        let (descriptor, port) = try bound()
        close(descriptor)
        return port
    }

    package static func isListening(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        return withAddress(port) { connect(descriptor, $0, $1) } == 0
    }

    /// Sends `text` and returns all that comes until the other side closes.
    package static func ask(_ port: Int, _ text: String) throws -> [UInt8] {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        guard withAddress(port, { connect(descriptor, $0, $1) }) == 0 else { throw Errno.last }
        let bytes = Array(text.utf8)
        guard send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count else { throw Errno.last }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return answer }
            answer += chunk[..<count]
        }
    }

    private static func bound() throws -> (CInt, Int) {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard withAddress(0, { bind(descriptor, $0, $1) }) == 0 else { throw Errno.last }
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard result == 0 else { throw Errno.last }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func withAddress<Result>(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result)
        -> Result
    {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
