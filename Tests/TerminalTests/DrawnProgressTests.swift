// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Synchronization
import Terminal
import Testing

/// What is written to a terminal of 80 columns.
@Suite struct DrawnProgressTests {
    /// Time that passes when a test says so.
    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)

        func pass(_ duration: Duration) { instant.withLock { $0 += duration } }
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
    }

    private func written(_ body: (Progress, Clock) -> Void) throws -> String {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        defer { close(master) }
        var number: CUnsignedInt = 0
        var locked: CInt = 0
        // ioctl_tty(2): TIOCGPTN, TIOCSPTLCK
        try #require(ioctl(master, UInt(0x8004_5430), &number) == 0 && ioctl(master, UInt(0x4004_5431), &locked) == 0)
        var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        let slave = try FileDescriptor.open("/dev/pts/\(number)", .readWrite, options: [.closeOnExec])
        defer { try? slave.close() }
        let clock = Clock()
        body(Progress(.drawn, to: OutputStream(slave), clock: { clock.now }), clock)
        var written: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        var waiting = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        while poll(&waiting, 1, 200) > 0, case let count = read(master, &chunk, chunk.count), count > 0 {
            written += chunk[..<count]
        }
        // The terminal's own line discipline turns \n into \r\n.
        return String(decoding: written, as: UTF8.self).replacing("\r\n", with: "\n")
    }

    @Test func aFrameOverwritesTheOneBeforeAndIsNotWrittenTwice() throws {
        let text = try written { progress, clock in
            progress.begin("downloading base", total: 1000)
            for step in 1...4 {
                clock.pass(.milliseconds(500))
                progress.advance(to: Int64(step / 2 * 100))
            }
        }
        let frames = text.split(separator: "\r", omittingEmptySubsequences: false)
        #expect(frames.first == "")
        // The beginning, and what changed: not the second that is like the first.
        #expect((3...5).contains(frames.count - 1), "\(text.debugDescription)")
        for frame in frames.dropFirst() {
            #expect(frame.hasPrefix("downloading base") && frame.hasSuffix("\u{1B}[K"))
        }
        #expect(!text.contains("\n") && !text.contains("\u{1B}[2K") && !text.contains("\u{1B}[?25"))
    }

    @Test func aMessageStandsAboveTheLine() throws {
        let text = try written { progress, _ in
            progress.begin("unpacking")
            progress.say("hello")
        }
        #expect(text == "\runpacking\u{1B}[K\rhello\u{1B}[K\nunpacking\u{1B}[K")
    }

    @Test func aLineWithTheTimeIsLeftOfWhatIsDone() throws {
        let text = try written { progress, clock in
            progress.begin("unpacking")
            clock.pass(.milliseconds(1300))
            progress.end()
            progress.stop()
        }
        let plain = text.replacing("\u{1B}[2m", with: "").replacing("\u{1B}[0m", with: "")
        #expect(plain == "\runpacking\u{1B}[K\runpacking  1.3 s\u{1B}[K\n\u{1B}[K")
    }

    @Test func whatIsStoppedLeavesNothing() throws {
        let text = try written { progress, _ in
            progress.begin("unpacking")
            progress.stop()
            progress.stop()
        }
        #expect(text == "\runpacking\u{1B}[K\r\u{1B}[K")
    }
}
