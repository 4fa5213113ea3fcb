// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// How far a download is.
package struct TransferProgress: Hashable, Sendable {
    /// Of the file, those of earlier attempts included.
    package var bytes: Int64
    /// What there will be in all; nil while nobody has said.
    package var total: Int64?
    /// Bytes a second, averaged over about three seconds.
    package var rate: Double
    /// nil while the rate or the total is not known.
    package var remaining: Duration?
}

/// Calls back at most ten times a second, from the transfer thread; the callback must be quick.
final class ProgressReporter: Sendable {
    static let interval = Duration.milliseconds(100)

    private struct State {
        var last: ContinuousClock.Instant?
        var lastBytes: Int64 = 0
        var rate = 0.0
    }

    private let state = Mutex(State())
    private let callback: @Sendable (TransferProgress) -> Void

    init(_ callback: @escaping @Sendable (TransferProgress) -> Void) {
        self.callback = callback
    }

    /// `final`: the last word of the download, which is never held back.
    func report(bytes: Int64, total: Int64?, final: Bool = false, now: ContinuousClock.Instant = .now) {
        let progress = state.withLock { state -> TransferProgress? in
            guard let last = state.last else {
                // What is there at the first call was not transferred since: no rate yet.
                state.last = now
                state.lastBytes = bytes
                return TransferProgress(bytes: bytes, total: total, rate: 0, remaining: nil)
            }
            let elapsed = (now - last) / .seconds(1)
            guard final || elapsed >= Self.interval / .seconds(1) else { return nil }
            if elapsed > 0 {
                // After a restart there are fewer than before.
                let current = Double(max(0, bytes - state.lastBytes)) / elapsed
                state.rate += (current - state.rate) * (state.rate == 0 ? 1 : min(1, elapsed / 3))
            }
            state.last = now
            state.lastBytes = bytes
            var remaining: Duration?
            if let total, state.rate >= 1 { remaining = .seconds(Double(max(0, total - bytes)) / state.rate) }
            return TransferProgress(bytes: bytes, total: total, rate: state.rate, remaining: remaining)
        }
        if let progress { callback(progress) }
    }
}
