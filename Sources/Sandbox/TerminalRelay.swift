// SPDX-License-Identifier: Apache-2.0

internal import CSandbox
internal import Glibc

extension Run {
    /// Waits for the run; meanwhile forwards signals and, with a terminal, bytes in both directions. Calls `look` as
    /// often as `interval` says, and passes on `output`.
    package mutating func attend(
        _ signals: borrowing ForwardedSignals, every interval: Duration? = nil, reading output: RunOutput? = nil,
        _ look: () -> Void = {}
    ) -> Int32 {
        var isReading = output != nil
        var relay = terminal >= 0 ? TerminalRelay(master: terminal) : nil
        var timer = interval.map(IntervalTimer.init)
        var hasEnded = false
        while !hasEnded {
            var watched = [
                pollfd(fd: ended, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isReading ? output?.descriptor ?? -1 : -1, events: Int16(POLLIN), revents: 0),
            ]
            watched += relay?.watched ?? []
            let ready = unsafe poll(&watched, nfds_t(watched.count), timer?.milliseconds ?? -1)
            if timer?.hasPassed() == true { look() }
            if ready <= 0 { continue }
            for signal in signals.pending() {
                switch signal {
                case SIGWINCH where relay != nil: relay?.resize()
                case SIGTSTP:
                    send(SIGTSTP)
                    relay?.restore()
                    signals.stop()
                    relay?.begin()
                    send(SIGCONT)
                default: send(signal)
                }
            }
            if let output, watched[2].revents != 0 { isReading = output.pass() }
            if relay?.pump(watched.dropFirst(3)) == false { send(SIGHUP) }
            hasEnded = watched[0].revents != 0
        }
        relay?.drain()
        relay?.restore()
        // The processes at the other end have been killed.
        while isReading, output?.pass() == true {}
        return wait()
    }
}

/// When the next of many equal intervals is over.
private struct IntervalTimer {
    private let interval: Duration
    private var end: ContinuousClock.Instant

    init(_ interval: Duration) {
        self.interval = interval
        end = .now + interval
    }

    /// Until then; 1 at least.
    var milliseconds: Int32 {
        max(1, Int32(clamping: Int((ContinuousClock.now.duration(to: end) / .milliseconds(1)).rounded(.up))))
    }

    /// Whether it is over, and the next has begun.
    mutating func hasPassed() -> Bool {
        guard ContinuousClock.now >= end else { return false }
        end = .now + interval
        return true
    }
}

/// Bytes between the caller's terminal, which is raw meanwhile, and a run's pseudo-terminal.
struct TerminalRelay {
    private let master: CInt
    private var saved = termios()
    private let isTerminal: Bool
    private var inputOpen = true
    private var masterOpen = true
    /// Input for which the run's terminal has no room yet. Waiting would keep its output from being read, which may be
    /// what the command waits for.
    private var typed: ArraySlice<UInt8> = []

    init(master: CInt) {
        self.master = master
        isTerminal = unsafe tcgetattr(0, &saved) == 0
        _ = fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK)
        begin()
    }

    /// Makes the caller's terminal raw.
    func begin() {
        if isTerminal {
            var raw = saved
            unsafe cfmakeraw(&raw)
            _ = unsafe tcsetattr(0, TCSANOW, &raw)
        }
        resize()
    }

    func restore() {
        var before = saved
        if isTerminal { _ = unsafe tcsetattr(0, TCSADRAIN, &before) }
    }

    /// The run's terminal gets the size of the caller's.
    func resize() {
        var size = winsize()
        if unsafe ioctl(0, UInt(TIOCGWINSZ), &size) == 0 { _ = unsafe ioctl(master, UInt(TIOCSWINSZ), &size) }
    }

    var watched: [pollfd] {
        let events = POLLIN | (typed.isEmpty ? 0 : POLLOUT)
        return [
            pollfd(fd: inputOpen && typed.isEmpty ? 0 : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: masterOpen ? master : -1, events: Int16(events), revents: 0),
        ]
    }

    /// Transfers available bytes. False once the caller's terminal accepts nothing more.
    mutating func pump(_ ready: ArraySlice<pollfd>) -> Bool {
        guard let input = ready.first, let output = ready.last else { return true }
        if input.revents != 0 {
            switch Self.take(from: 0) {
            case .bytes(let bytes): typed = bytes[...]
            case .later: break
            case .end: inputOpen = false
            }
        }
        if !typed.isEmpty { type() }
        return output.revents & Int16(POLLIN | POLLHUP | POLLERR) == 0 || show()
    }

    /// Transfers the command's last output.
    mutating func drain() {
        while masterOpen {
            var waiting = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&waiting, 1, 0) > 0, show() else { return }
        }
    }

    private mutating func type() {
        let bytes = Array(typed)
        let count = unsafe write(master, bytes, bytes.count)
        if count > 0 { typed = typed.dropFirst(count) }
        if count < 0, ![EAGAIN, EINTR].contains(errno) { typed = [] }
    }

    /// False if the output cannot be shown.
    private mutating func show() -> Bool {
        switch Self.take(from: master) {
        case .later: return true
        // EIO: the last process that had the terminal open is gone.
        case .end:
            masterOpen = false
            return true
        case .bytes(let bytes):
            masterOpen = Self.put(bytes)
            return masterOpen
        }
    }

    private enum Input {
        case bytes([UInt8])
        case later
        case end
    }

    private static func take(from descriptor: CInt) -> Input {
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        if count > 0 { return .bytes(Array(bytes[..<count])) }
        return count < 0 && [EAGAIN, EINTR].contains(errno) ? .later : .end
    }

    /// Writes to the caller's terminal, which another process may have made non-blocking.
    private static func put(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let chunk = Array(rest)
            let count = unsafe write(1, chunk, chunk.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var room = pollfd(fd: 1, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&room, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
