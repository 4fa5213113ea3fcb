// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import Processes
internal import SystemPackage

/// `mangrove worker` on another machine, and the socket on this one that ssh(1) forwards to it (`-L`).
final class HostConnection {
    let host: BuildHost
    private var process: ServingProcess
    private let errors: FilePath

    /// Seconds until ssh gives up on a host that does not answer: at first, and later.
    private static let connectTimeout = 15
    private static let aliveInterval = 5

    /// `socket`: on this machine. `arguments`: of `mangrove worker`. `environment`: the caller's.
    init(
        _ host: BuildHost, socket: FilePath, _ arguments: [String], _ environment: [String: String]
    ) throws(FilesystemError) {
        self.host = host
        errors = FilePath(socket.string + ".log")
        // A name that nobody can take beforehand; the worker makes the directory.
        let remote = "/tmp/mangrove-\(String(UInt64.random(in: .min ... .max), radix: 16))/\(WorkerPlace.socketName)"
        let words = (["worker", "--socket", remote] + arguments).map(ShellWord.quoted).joined(separator: " ")
        let script = "PATH=$PATH:/usr/local/bin:$HOME/.local/bin; exec mangrove \(words)"
        let options = [
            "-T", "-a", "-x", "-o", "BatchMode=yes", "-o", "ConnectTimeout=\(Self.connectTimeout)",
            "-o", "ServerAliveInterval=\(Self.aliveInterval)", "-o", "ServerAliveCountMax=3",
            "-o", "ExitOnForwardFailure=yes", "-o", "StreamLocalBindUnlink=yes",
            // Who builds inside may be another than root; the directory is the caller's alone.
            "-o", "StreamLocalBindMask=0111", "-L", "\(socket):\(remote)",
        ]
        let command = environment["MANGROVE_SSH"] ?? "ssh"
        // The variable may have options in it, as GIT_SSH_COMMAND of git(1).
        process = try ServingProcess(
            "/bin/sh",
            ["-c", "exec \(command) \"$@\"", "ssh"] + options
                + ["--", host.destination, "exec /bin/sh -c \(ShellWord.quoted(script))"],
            environment: environment.map { "\($0.key)=\($0.value)" }, errors: errors)
    }

    /// Waits until the worker takes connections. False: not until `deadline`, or never.
    func isReady(by deadline: ContinuousClock.Instant) -> Bool {
        while let line = process.line(until: deadline) {
            if line == WorkerPlace.ready { return true }
        }
        return false
    }

    var isRunning: Bool { process.isRunning }

    /// What was said last on standard error, where it ended.
    var reason: String {
        let text = (try? errors.readFile(limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
        return lines.isEmpty ? "it ended without a word" : lines.suffix(3).joined(separator: "; ")
    }
}
