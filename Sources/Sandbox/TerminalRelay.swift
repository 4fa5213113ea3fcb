// SPDX-License-Identifier: Apache-2.0

internal import CSandbox
internal import Glibc

extension Run {
    /// Waits for the run, meanwhile passing signals on and, where it has a terminal, bytes both ways.
    package mutating func attend(_ signals: borrowing ForwardedSignals) -> Int32 {
        var relay = terminal >= 0 ? TerminalRelay(master: terminal) : nil
        var hasEnded = false
        while !hasEnded {
            var watched = [
                pollfd(fd: ended, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            watched += relay?.watched ?? []
            if unsafe poll(&watched, nfds_t(watched.count), -1) < 0 { continue }
            for signal in signals.pending() {
                if signal == SIGWINCH, let relay { relay.resize() } else { send(signal) }
            }
            relay?.pump(watched.dropFirst(2))
            hasEnded = watched[0].revents != 0
        }
        relay?.drain()
        relay?.restore()
        return wait()
    }
}

/// Bytes between the caller's terminal, which is raw meanwhile, and a run's pseudo-terminal.
struct TerminalRelay {
    private let master: CInt
    private var saved = termios()
    private let isRaw: Bool
    private var inputOpen = true
    private var masterOpen = true

    init(master: CInt) {
        self.master = master
        isRaw = unsafe tcgetattr(0, &saved) == 0
        if isRaw {
            var raw = saved
            unsafe cfmakeraw(&raw)
            _ = unsafe tcsetattr(0, TCSANOW, &raw)
        }
        resize()
    }

    func restore() {
        var before = saved
        if isRaw { _ = unsafe tcsetattr(0, TCSADRAIN, &before) }
    }

    /// The run's terminal gets the size of the caller's.
    func resize() {
        var size = winsize()
        if unsafe ioctl(0, UInt(TIOCGWINSZ), &size) == 0 { _ = unsafe ioctl(master, UInt(TIOCSWINSZ), &size) }
    }

    var watched: [pollfd] {
        [
            pollfd(fd: inputOpen ? 0 : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: masterOpen ? master : -1, events: Int16(POLLIN), revents: 0),
        ]
    }

    mutating func pump(_ ready: ArraySlice<pollfd>) {
        for (index, entry) in ready.enumerated() where entry.revents != 0 {
            if index == 0 {
                inputOpen = Self.copy(from: 0, to: master)
            } else {
                // EIO: the last process that had the terminal open is gone.
                masterOpen = Self.copy(from: master, to: 1)
            }
        }
    }

    /// What the command wrote before it ended.
    mutating func drain() {
        while masterOpen {
            var waiting = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&waiting, 1, 0) > 0 else { return }
            masterOpen = Self.copy(from: master, to: 1)
        }
    }

    /// False at the end of the file.
    private static func copy(from: CInt, to: CInt) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = unsafe read(from, &bytes, bytes.count)
        guard count > 0 else { return count < 0 && errno == EINTR }
        var done = 0
        while done < count {
            let rest = Array(bytes[done..<count])
            let written = unsafe write(to, rest, rest.count)
            if written < 0, errno != EINTR { return false }
            done += max(0, written)
        }
        return true
    }
}
