// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import SystemPackage
import Testing

/// A terminal whose user is the test.
final class Pseudoterminal {
    let master: CInt
    let path: String
    private var shown: [UInt8] = []

    init(rows: UInt16 = 30, columns: UInt16 = 90) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var number: CUnsignedInt = 0
        var locked: CInt = 0
        // ioctl_tty(2)
        guard master >= 0, ioctl(master, UInt(0x8004_5430), &number) == 0,
            ioctl(master, UInt(0x4004_5431), &locked) == 0
        else { throw Errno(rawValue: errno) }
        path = "/dev/pts/\(number)"
        resize(rows: rows, columns: columns)
    }

    deinit { close(master) }

    func resize(rows: UInt16, columns: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    /// Whether what is typed is shown by the terminal itself: not when it is raw.
    var echoes: Bool {
        var modes = termios()
        return tcgetattr(master, &modes) == 0 && modes.c_lflag & tcflag_t(ECHO) != 0
    }

    /// What has been shown so far, by programs that have ended.
    func everything() -> String {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            var waiting = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 100) > 0, case let count = read(master, &chunk, chunk.count), count > 0 else {
                return String(decoding: shown, as: UTF8.self)
            }
            shown += chunk[..<count]
        }
    }

    /// What has been shown, when it holds `text`. A failure where that does not come.
    @discardableResult
    func await(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let deadline = Date(timeIntervalSinceNow: 20)
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let told = String(decoding: shown, as: UTF8.self)
            if told.contains(text) { return told }
            try #require(Date() < deadline, "\"\(text)\" did not come, but \(told)", sourceLocation: sourceLocation)
            var waiting = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 100) > 0 else { continue }
            let count = read(master, &chunk, chunk.count)
            try #require(count > 0, "the terminal is gone: \(told)", sourceLocation: sourceLocation)
            shown += chunk[..<count]
        }
    }
}
