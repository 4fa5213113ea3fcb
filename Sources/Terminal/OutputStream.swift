// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import Glibc
package import SystemPackage

/// Standard output or standard error, and its capabilities.
package struct OutputStream: Sendable {
    private let descriptor: FileDescriptor
    /// Whether it is a terminal.
    package let isTerminal: Bool
    /// Whether colour may be used: on a terminal that is not dumb, without `NO_COLOR` (no-color.org).
    package let showsColour: Bool
    /// Whether a line can be redrawn: on a terminal that is not dumb.
    package let isDrawable: Bool
    package let glyphs: Glyphs

    package static let standardOutput = OutputStream(.standardOutput)
    package static let standardError = OutputStream(.standardError)

    /// `descriptor` stays the caller's.
    package init(_ descriptor: FileDescriptor) {
        self.descriptor = descriptor
        func environment(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }
        isTerminal = isatty(descriptor.rawValue) == 1
        isDrawable = isTerminal && environment("TERM") != "dumb"
        showsColour = isTerminal && Self.allowsColour(environment)
        glyphs = Glyphs(environment)
    }

    /// Whether the environment allows colour.
    static func allowsColour(_ environment: (String) -> String?) -> Bool {
        (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
    }

    /// The terminal's current columns; 80 if unknown.
    package var width: Int {
        var size = winsize()
        guard unsafe ioctl(descriptor.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// The columns that a report may use: a terminal's; nil where there is no limit.
    package var reportWidth: Int? { isTerminal ? width : nil }

    /// Writes all of `text`, in colour if enabled.
    package func write(_ text: StyledText) throws(FilesystemError) {
        try write(bytes: text.rendered(colour: showsColour))
    }

    /// Writes a JSON text. Control characters are written as JSON escapes.
    package func write(json text: String) throws(FilesystemError) {
        try write(bytes: text.escapedJSON)
    }

    /// Replaces the cursor's line with `finished`, whole lines, and `line`, in which the cursor stays. For terminals.
    ///
    /// The rest of a line is cleared after what was there has been overwritten (ECMA-48, EL).
    package func redraw(_ line: StyledText, below finished: StyledText = "") throws(FilesystemError) {
        let above = finished.rendered(colour: showsColour).split(separator: "\n", omittingEmptySubsequences: false)
        let text = above.dropLast() + [line.rendered(colour: showsColour)[...]]
        try write(bytes: "\r" + text.map { $0 + "\u{1B}[K" }.joined(separator: "\n"))
    }

    /// Writes output of a command in a root, unchanged.
    package func pass(_ bytes: [UInt8]) { _ = try? descriptor.writeAll(bytes) }

    /// The only other way to write: nothing else in this program writes external text to a terminal.
    private func write(bytes text: String) throws(FilesystemError) {
        var text = text
        do {
            _ = try text.withUTF8 { bytes in try unsafe descriptor.writeAll(bytes) }
        } catch let error as Errno {
            throw FilesystemError("write", name, error)
        } catch {
            throw FilesystemError("write", name, .ioError)
        }
    }

    private var name: FilePath {
        switch descriptor {
        case .standardOutput: "standard output"
        case .standardError: "standard error"
        default: FilePath("descriptor \(descriptor.rawValue)")
        }
    }
}
