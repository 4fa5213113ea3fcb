// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import Glibc
package import SystemPackage

/// Standard output or standard error, and what can be shown there.
package struct OutputStream: Sendable {
    private let descriptor: FileDescriptor
    /// Whether a person is looking at it.
    package let isTerminal: Bool
    /// Whether colour may be used: a terminal, not a dumb one, and nobody set `NO_COLOR` (no-color.org).
    package let showsColour: Bool

    package static let standardOutput = OutputStream(.standardOutput)
    package static let standardError = OutputStream(.standardError)

    /// `descriptor` stays the caller's.
    package init(_ descriptor: FileDescriptor) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor.rawValue) == 1
        showsColour =
            isTerminal
            && Self.allowsColour { name in
                unsafe getenv(name).map { unsafe String(cString: $0) }
            }
    }

    /// What the environment says of colour.
    static func allowsColour(_ environment: (String) -> String?) -> Bool {
        (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
    }

    /// Columns of the terminal, at this moment; 80 where it does not say.
    package var width: Int {
        var size = winsize()
        guard unsafe ioctl(descriptor.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes all of `text`, coloured where that is shown.
    package func write(_ text: StyledText) throws(FilesystemError) {
        try write(bytes: text.rendered(colour: showsColour))
    }

    /// Writes a JSON text. What a terminal would obey is written as JSON's escape of it.
    package func write(json text: String) throws(FilesystemError) {
        try write(bytes: text.escapedJSON)
    }

    /// Writes `line` over the line that the cursor is in, and stays in it. For terminals.
    package func redraw(_ line: StyledText) throws(FilesystemError) {
        try write(bytes: "\r" + line.rendered(colour: showsColour) + "\u{1B}[K")
    }

    /// Writes what a command in a root has written, as it is: its words are its own.
    package func pass(_ bytes: [UInt8]) { _ = try? descriptor.writeAll(bytes) }

    /// The one other way out: nothing else of this program writes to a terminal what it was given by others.
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
