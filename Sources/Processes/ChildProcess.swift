// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import Glibc
package import SystemPackage

/// A program of the host, executed for what it says and how it ends.
package struct ChildProcess: Sendable {
    package enum End: Hashable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
        case timedOut
    }

    package let end: End
    /// What it wrote to its standard output and error, each up to the limit given, 1 MiB by default.
    package let output: [UInt8]
    package let errors: [UInt8]

    package var succeeded: Bool { end == .exited(0) }
    package var outputText: String { String(decoding: output, as: UTF8.self) }
    package var errorText: String { String(decoding: errors, as: UTF8.self) }

    /// Executes `path` and waits for its end; it is killed after `timeout`.
    ///
    /// Standard input is /dev/null, its environment is `environment` (`KEY=VALUE`) alone. The descriptors in
    /// `keeping` stay open under their own numbers. Throws where it cannot be executed (posix_spawn(3)).
    package static func run(
        _ path: FilePath, _ arguments: [String] = [], environment: [String] = [], keeping: [CInt] = [],
        timeout: Duration = .seconds(60), limit: Int = 1 << 20
    ) throws(FilesystemError) -> ChildProcess {
        try start(path, arguments, environment: environment, keeping: keeping).finish(timeout: timeout, limit: limit)
    }

    /// One that goes on. It is killed where nobody waits for it.
    package struct Started: ~Copyable {
        private let output: Pipe
        private let errors: Pipe
        private var process: pid_t

        fileprivate init(_ process: pid_t, output: consuming Pipe, errors: consuming Pipe) {
            self.process = process
            self.output = output
            self.errors = errors
        }

        deinit {
            guard process > 0 else { return }
            kill(process, SIGKILL)
            _ = ChildProcess.end(of: process)
        }

        /// Waits for its end.
        package consuming func finish(timeout: Duration = .seconds(60), limit: Int = 1 << 20) -> ChildProcess {
            // The pipes end when the child is gone: one wait for what it says and for its end.
            let drained = drain((output.reader.rawValue, errors.reader.rawValue), timeout: timeout, limit: limit)
            if !drained.ended { kill(process, SIGKILL) }
            let end = ChildProcess.end(of: process)
            process = 0
            return ChildProcess(end: drained.ended ? end : .timedOut, output: drained.output, errors: drained.errors)
        }
    }

    /// As `run`, and does not wait.
    package static func start(
        _ path: FilePath, _ arguments: [String], environment: [String] = [], keeping: [CInt] = []
    ) throws(FilesystemError) -> Started {
        var output = try Pipe()
        var errors = try Pipe()
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output.writerValue, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors.writerValue, 2)
        // A descriptor duplicated onto itself loses its close-on-exec mark.
        for descriptor in keeping { unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor) }
        let process = try unsafe spawn(path, [path.string] + arguments, environment, &actions)
        output.closeWriter()
        errors.closeWriter()
        return Started(process, output: output, errors: errors)
    }

    /// Executes `path` with this process's own standard descriptors, and waits for its end.
    package static func attend(
        _ path: FilePath, _ arguments: [String], environment: [String]
    ) throws(FilesystemError) -> End {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let process = try unsafe spawn(path, [path.string] + arguments, environment, &actions)
        unsafe attendedProcess = process
        defer { unsafe attendedProcess = 0 }
        return end(of: process)
    }

    /// Sends `signal` to the process that is being attended, if any. For signal handlers (signal-safety(7)).
    package static func passOn(_ signal: CInt) {
        let process = unsafe attendedProcess
        if process > 0 { _ = kill(process, signal) }
    }

    /// Executes `path` in a session of its own, without this process's standard descriptors, and does not wait for it.
    package static func detach(
        _ path: FilePath, _ arguments: [String], environment: [String]
    ) throws(FilesystemError) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for number: CInt in 0...2 {
            unsafe posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
        }
        _ = try unsafe spawn(path, [path.string] + arguments, environment, &actions, flags: newSession)
    }

    private static func end(of process: pid_t) -> End {
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, Errno.last == .interrupted {}
        return status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: status & 0x7F)
    }

    /// Where `program` is: itself if it has a slash, else the first of PATH and of the system's directories that
    /// holds an executable of that name; nil where none does.
    package static func find(_ program: String) -> FilePath? {
        if program.contains("/") { return unsafe access(program, X_OK) == 0 ? FilePath(program) : nil }
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
        // sbin is often missing from a user's PATH.
        let directories = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return directories.map { FilePath($0).appending(program) }.first { unsafe access($0.string, X_OK) == 0 }
    }

    /// POSIX_SPAWN_SETSID, which glibc's header hides.
    static let newSession: CInt = 0x80

    static func spawn(
        _ path: FilePath, _ arguments: [String], _ environment: [String],
        _ actions: inout posix_spawn_file_actions_t, flags: CInt = 0
    ) throws(FilesystemError) -> pid_t {
        var process: pid_t = 0
        let arguments = unsafe arguments.map { unsafe strdup($0) } + [nil]
        let environment = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (arguments + environment).forEach { unsafe free($0) } }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // Signals that are blocked or ignored here are not to be so there.
        var none = sigset_t()
        var all = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | flags))
        let failure = unsafe posix_spawn(&process, path.string, &actions, &attributes, arguments, environment)
        guard failure == 0 else { throw FilesystemError("execute", path, Errno(rawValue: failure)) }
        return process
    }

    /// Reads both pipes until they are closed. `ended` is false when time ran out before.
    private static func drain(
        _ descriptors: (CInt, CInt), timeout: Duration, limit: Int
    ) -> (output: [UInt8], errors: [UInt8], ended: Bool) {
        var texts: [[UInt8]] = [[], []]
        var waiting = [
            pollfd(fd: descriptors.0, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptors.1, events: Int16(POLLIN), revents: 0),
        ]
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        let deadline = ContinuousClock.now.advanced(by: timeout)
        while waiting.contains(where: { $0.fd >= 0 }) {
            let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
            guard left > 0 else { return (texts[0], texts[1], false) }
            guard unsafe poll(&waiting, 2, CInt(min(left + 1, 60_000))) > 0 else { continue }
            for index in 0..<2 where waiting[index].revents != 0 {
                let count = unsafe read(waiting[index].fd, &chunk, chunk.count)
                if count == 0 { waiting[index].fd = -1 }
                if count > 0, texts[index].count < limit { texts[index] += chunk[..<count] }
            }
        }
        return (texts[0], texts[1], true)
    }
}

/// The process that `attend` waits for, or 0: one at a time, and read by signal handlers.
nonisolated(unsafe) private var attendedProcess: pid_t = 0
