// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import Glibc
package import SystemPackage

/// A program of the host that goes on until its standard input ends, and says lines on its standard output. It is ended
/// where nobody holds it any more.
package struct ServingProcess: ~Copyable {
    private let output: Pipe
    private var input: Pipe
    private var process: pid_t
    private var pending: [UInt8] = []

    /// Executes `path`; its standard error is the file `errors`, made anew. It is out of reach of signals that the
    /// terminal sends.
    package init(
        _ path: FilePath, _ arguments: [String], environment: [String], errors: FilePath
    ) throws(FilesystemError) {
        let file = try OwnedDescriptor.open(
            errors, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        var output = try Pipe()
        let input = try Pipe()
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input.reader.rawValue, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output.writerValue, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, file.rawValue, 2)
        process = try unsafe ChildProcess.spawn(
            path, [path.string] + arguments, environment, &actions, flags: ChildProcess.newSession)
        output.closeWriter()
        self.output = output
        self.input = input
    }

    /// The next line without its end; nil where it has ended or says nothing until `deadline`. What it has said already
    /// counts even after that.
    package mutating func line(until deadline: ContinuousClock.Instant) -> String? {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                defer { pending.removeSubrange(...end) }
                return String(decoding: pending[..<end], as: UTF8.self)
            }
            let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
            guard pending.count < 1 << 16 else { return nil }
            var waiting = pollfd(fd: output.reader.rawValue, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&waiting, 1, CInt(left > 0 ? min(left + 1, 60_000) : 0)) > 0 else {
                guard left > 0 else { return nil }
                continue
            }
            let count = unsafe read(output.reader.rawValue, &chunk, chunk.count)
            guard count > 0 else { return nil }
            pending += chunk[..<count]
        }
    }

    /// Whether it still runs.
    package var isRunning: Bool {
        // Its output is closed when it ends.
        var waiting = pollfd(fd: output.reader.rawValue, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&waiting, 1, 0) == 0 || waiting.revents & Int16(POLLIN) != 0
    }

    deinit {
        // It ends by itself once nobody writes; a moment later it is made to.
        var input = input
        input.closeWriter()
        var status: Int32 = 0
        for _ in 0..<40 {
            if unsafe waitpid(process, &status, WNOHANG) != 0 { return }
            _ = poll(nil, 0, 50)
        }
        // With all that it has started: it is the leader of a session.
        kill(-process, SIGKILL)
        while unsafe waitpid(process, &status, 0) < 0, Errno.last == .interrupted {}
    }
}
