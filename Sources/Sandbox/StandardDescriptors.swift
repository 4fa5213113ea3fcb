// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The descriptors a command gets as 0, 1 and 2, and one more it may get as 3. They stay the caller's.
package struct StandardDescriptors: Sendable {
    package var input: CInt = 0
    package var output: CInt = 1
    /// -1 where the run has a terminal: that.
    package var error: CInt = 2
    package var inherited: CInt = -1

    package init() {}

    /// If this process was started without one of its standard descriptors, opens an unusable file in its place:
    /// otherwise the next opened file would take its number.
    package static func occupyClosed() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest number that is free, which is this one.
            _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Whether standard input is a terminal that this process may not read from now, as a shell's background job
    /// (tcgetpgrp(3)).
    package static var isInBackground: Bool {
        let foreground = tcgetpgrp(STDIN_FILENO)
        return foreground >= 0 && foreground != getpgrp()
    }
}
