// SPDX-License-Identifier: Apache-2.0

internal import CSandbox
internal import Filesystem
internal import SystemPackage

/// Signals to forward to the run: read from a descriptor instead of handled, while this value exists.
package struct ForwardedSignals: ~Copyable {
    let descriptor: CInt

    /// Blocks them in the calling thread, which is to be the main one before any other exists: threads made later
    /// inherit it.
    package init() throws(SandboxError) {
        descriptor = mg_signals_open()
        guard descriptor >= 0 else { throw SandboxError(.setup(step: "watch for signals"), "", .last) }
    }

    deinit {
        mg_signals_close(descriptor)
    }

    /// Stops this process as SIGTSTP would have; returns when it is continued.
    func stop() {
        mg_signals_stop()
    }

    /// The signals that have come since the last call.
    func pending() -> [Int32] {
        var numbers: [Int32] = []
        while true {
            let number = mg_signals_next(descriptor)
            if number == 0 { return numbers }
            numbers.append(number)
        }
    }
}
