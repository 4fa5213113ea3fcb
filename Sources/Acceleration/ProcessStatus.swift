// SPDX-License-Identifier: Apache-2.0

/// A line of /proc/PID/stat (proc_pid_stat(5)), as far as it is of use here.
struct ProcessStatus: Hashable {
    let number: UInt32
    let parent: UInt32
    /// It has a processor, or waits for one.
    let isRunning: Bool
    /// Since the machine started, in ticks of the clock (sysconf(3), `_SC_CLK_TCK`).
    let started: UInt64
    /// When it was read, in nanoseconds of the log's clock.
    let time: UInt64

    init(number: UInt32, parent: UInt32, isRunning: Bool, started: UInt64, time: UInt64) {
        (self.number, self.parent, self.isRunning) = (number, parent, isRunning)
        (self.started, self.time) = (started, time)
    }

    init?(parsing bytes: [UInt8], at time: UInt64) {
        // The name, in parentheses, may hold anything, parentheses too.
        guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), let close = bytes.lastIndex(of: UInt8(ascii: ")")),
            open < close, let number = Self.number(bytes[..<open].dropLast())
        else { return nil }
        let fields = bytes[close...].dropFirst(2).split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let parent = Self.number(fields[1]), let started = Self.number(fields[19]) else {
            return nil
        }
        self.init(
            number: UInt32(truncatingIfNeeded: number), parent: UInt32(truncatingIfNeeded: parent),
            isRunning: fields[0].first == UInt8(ascii: "R"), started: started, time: time)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            guard (48...57).contains(digit), value < 1 << 59 else { return nil }
            value = value * 10 + UInt64(digit - 48)
        }
        return digits.isEmpty ? nil : value
    }
}
