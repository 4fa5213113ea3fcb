// SPDX-License-Identifier: Apache-2.0

import CLinux
import Foundation
import Glibc
import SystemPackage
import Testing

/// A program that a test has started, and the test's ends of its pipes. Killed when the value is gone.
final class Program {
    /// Where one of its standard descriptors leads.
    enum Stream {
        case null
        case pipe
        /// Nowhere: there is none of that number.
        case closed
        /// A descriptor of the test's.
        case descriptor(CInt)
        /// A terminal, which becomes the controlling one.
        case terminal(String)
    }

    struct Outcome: Equatable {
        /// 128 and the number where a signal ended it, as a shell has it.
        let status: Int32
        let output: String
        let errors: String
    }

    let process: pid_t
    private var input: CInt = -1
    private var output: CInt = -1
    private var errors: CInt = -1
    private var status: Int32?
    /// Whether it ended by itself and not by a signal; after `wait`.
    private(set) var hasExited = false
    private var texts: [[UInt8]] = [[], []]

    /// `ignoring`: signals it is to ignore from its start, as nohup(1) does it.
    init(
        _ arguments: [String], environment: [String: String], directory: FilePath, input: Stream = .null,
        output: Stream = .pipe, errors: Stream = .pipe, keeping kept: [(CInt, CInt)] = [], ignoring: [CInt] = [],
        newGroup: Bool = false
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var theirs: [CInt] = []
        defer { theirs.forEach { close($0) } }
        func connect(_ stream: Stream, _ number: CInt) throws -> CInt {
            switch stream {
            case .null: posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
            case .closed: posix_spawn_file_actions_addclose(&actions, number)
            case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, number)
            case .terminal(let path): posix_spawn_file_actions_addopen(&actions, number, path, O_RDWR, 0)
            case .pipe:
                var ends: [CInt] = [-1, -1]
                // Another test may start a program meanwhile, which must not keep an end of it open.
                guard mg_pipe(&ends) == 0 else { throw Errno(rawValue: errno) }
                let (ours, its) = number == 0 ? (ends[1], ends[0]) : (ends[0], ends[1])
                posix_spawn_file_actions_adddup2(&actions, its, number)
                theirs.append(its)
                return ours
            }
            return -1
        }
        self.input = try connect(input, 0)
        self.output = try connect(output, 1)
        self.errors = try connect(errors, 2)
        for (from, to) in kept { posix_spawn_file_actions_adddup2(&actions, from, to) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        if case .terminal = input { flags |= 0x80 }  // POSIX_SPAWN_SETSID
        if newGroup { flags |= POSIX_SPAWN_SETPGROUP }
        var none = sigset_t()
        var reset = sigset_t()
        sigemptyset(&none)
        sigfillset(&reset)
        for signal in ignoring {
            sigdelset(&reset, signal)
            Glibc.signal(signal, SIG_IGN)
        }
        defer { for signal in ignoring { Glibc.signal(signal, SIG_DFL) } }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &reset)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var process: pid_t = 0
        // env(1) changes the directory: posix_spawn(3) can in some C libraries only.
        let command = ["/usr/bin/env", "--chdir", directory.string] + arguments
        let words = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (words + variables).forEach { free($0) } }
        let failure = posix_spawn(&process, command[0], &actions, &attributes, words, variables)
        self.process = process
        guard failure == 0 else {
            status = 0
            throw Errno(rawValue: failure)
        }
    }

    deinit {
        if status == nil {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
        for descriptor in [input, output, errors] where descriptor >= 0 { close(descriptor) }
    }

    /// Whether it is stopped (proc_pid_stat(5)).
    var isStopped: Bool {
        let stat = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        return stat.split(separator: ")").last?.hasPrefix(" T") == true
    }

    func send(_ signal: CInt) {
        if status == nil { kill(process, signal) }
    }

    func write(_ text: String) {
        // That it has ended is what `wait` says, instead of ending the tests.
        Glibc.signal(SIGPIPE, SIG_IGN)
        let bytes = Array(text.utf8)
        _ = Glibc.write(input, bytes, bytes.count)
    }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    func closeOutput() {
        if output >= 0 { close(output) }
        output = -1
    }

    /// Reads until its output holds `text`. A failure where it does not come.
    func await(_ text: String, seconds: Double = 20, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try #require(
            drain(seconds) { String(decoding: self.texts[0], as: UTF8.self).contains(text) },
            "\"\(text)\" did not come, but \(String(decoding: texts[0] + texts[1], as: UTF8.self))",
            sourceLocation: sourceLocation)
    }

    /// The same of what it writes to standard error.
    func awaitErrors(_ text: String, seconds: Double = 20, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try #require(
            drain(seconds) { String(decoding: self.texts[1], as: UTF8.self).contains(text) },
            "\"\(text)\" did not come, but \(String(decoding: texts[0] + texts[1], as: UTF8.self))",
            sourceLocation: sourceLocation)
    }

    /// Waits for its end; what it wrote is told from the start.
    func wait(seconds: Double = 20, sourceLocation: SourceLocation = #_sourceLocation) throws -> Outcome {
        closeInput()
        try #require(
            drain(seconds) { false }, "it does not end: \(String(decoding: texts[0] + texts[1], as: UTF8.self))",
            sourceLocation: sourceLocation)
        var raw: Int32 = 0
        let deadline = Date(timeIntervalSinceNow: 20)
        while waitpid(process, &raw, WNOHANG) == 0 {
            try #require(Date() < deadline, "it does not end", sourceLocation: sourceLocation)
            usleep(2000)
        }
        hasExited = raw & 0x7F == 0
        let told = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + raw & 0x7F
        status = told
        return Outcome(
            status: told, output: String(decoding: texts[0], as: UTF8.self),
            errors: String(decoding: texts[1], as: UTF8.self))
    }

    /// Reads both streams until they end or `enough`; false when that takes more time.
    private func drain(_ seconds: Double = 20, _ enough: () -> Bool) -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while !enough() {
            var waiting = [output, errors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            if output < 0, errors < 0 { return true }
            guard Date() < deadline else { return false }
            guard poll(&waiting, 2, 100) > 0 else { continue }
            for (index, entry) in waiting.enumerated() where entry.revents != 0 {
                let count = read(entry.fd, &chunk, chunk.count)
                if count > 0 {
                    texts[index] += chunk[..<count]
                } else {
                    close(entry.fd)
                    if index == 0 { output = -1 } else { errors = -1 }
                }
            }
        }
        return true
    }
}
