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

    /// `socket`: a file in `directory`, on this machine. `log`: outside of what a build sees. `arguments`: of `mangrove worker`.
    /// `environment`: the caller's.
    init(
        _ host: BuildHost, socket: FilePath.Component, in directory: FilePath, log: FilePath, _ arguments: [String],
        _ environment: [String: String]
    ) throws(FilesystemError) {
        self.host = host
        errors = log
        // The worker creates the directory, or fails if it exists.
        let remote = "/tmp/mangrove-\(String(UInt64.random(in: .min ... .max), radix: 16))/\(WorkerPlace.socketName)"
        let words = (["worker", "--socket", remote] + arguments).map(ShellWord.quoted).joined(separator: " ")
        let script = "PATH=$PATH:/usr/local/bin:$HOME/.local/bin; exec mangrove \(words)"
        let options = [
            "-T", "-a", "-x", "-o", "BatchMode=yes", "-o", "ConnectTimeout=\(Self.connectTimeout)",
            "-o", "ServerAliveInterval=\(Self.aliveInterval)", "-o", "ServerAliveCountMax=3",
            "-o", "ExitOnForwardFailure=yes", "-o", "StreamLocalBindUnlink=yes",
            // Who builds inside may be another than root; the directory is the caller's alone.
            "-o", "StreamLocalBindMask=0111",
            // A shared connection would keep the socket, with another mask.
            "-o", "ControlMaster=no", "-o", "ControlPath=none",
            // Relative: paths of sockets are short (unix(7)).
            "-L", "./\(socket):\(remote)",
        ]
        let command = environment["MANGROVE_SSH"] ?? "ssh"
        // The variable may contain options, like GIT_SSH_COMMAND of git(1).
        process = try ServingProcess(
            "/bin/sh",
            ["-c", Self.script(command), "ssh", directory.string] + options
                + ["--", host.destination, "exec /bin/sh -c \(ShellWord.quoted(script))"],
            environment: environment.map { "\($0.key)=\($0.value)" }, errors: errors)
    }

    /// Executes `command` in the directory that is the first argument. It ends with this process, however that ends.
    private static func script(_ command: String) -> String {
        """
        cd "$1" || exit
        shift
        if setpriv --pdeathsig TERM true 2>/dev/null; then
            exec setpriv --pdeathsig TERM \(command) "$@"
        fi
        exec \(command) "$@"
        """
    }

    /// Waits until the worker has started. False if it has not by `deadline`, or never will.
    func hasBegun(by deadline: ContinuousClock.Instant) -> Bool { says(WorkerPlace.begun, by: deadline) }

    /// Waits until the worker accepts connections. False if it does not by `deadline`, or never will.
    func isReady(by deadline: ContinuousClock.Instant) -> Bool { says(WorkerPlace.ready, by: deadline) }

    private func says(_ words: String, by deadline: ContinuousClock.Instant) -> Bool {
        while let line = process.line(until: deadline) {
            if line == words { return true }
        }
        return false
    }

    var isRunning: Bool { process.isRunning }

    /// The last lines of standard error, after it has exited.
    var reason: String {
        let text = (try? errors.readFile(limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
        return lines.isEmpty ? "no answer" : lines.suffix(3).joined(separator: "; ")
    }
}
