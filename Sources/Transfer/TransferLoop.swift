// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// Runs attempts, many at once, on the transfer thread.
actor TransferLoop {
    private let thread: TransferThread
    private let settings: NetworkSettings
    private var active: [EasyHandle.ID: ActiveTransfer] = [:]
    private var hosts: [String: Host] = [:]
    private var lastInspection = ContinuousClock.now

    /// Running and queued attempts at one host, first come first served.
    private struct Host {
        var active = 0
        var isMultiplexed = false
        var waiting: [PendingAttempt] = []
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    init(_ settings: NetworkSettings, on thread: TransferThread) {
        self.settings = settings
        self.thread = thread
    }

    /// Runs `attempt` to its end. Cancelling the task ends it within a tenth of a second.
    func perform(_ attempt: Attempt) async -> Outcome {
        let cancellation = Cancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let pending = PendingAttempt(attempt: attempt, isCancelled: cancellation, continuation: continuation)
                hosts[attempt.url.origin, default: Host()].waiting.append(pending)
            }
        } onCancel: {
            cancellation.set()
        }
    }

    /// Performs pending work; returns for how many milliseconds there will be none, unless a socket becomes ready.
    func turn() -> CInt {
        admit()
        thread.multi.perform()
        while let (id, code) = thread.multi.nextFinished() {
            guard let transfer = active[id] else { continue }
            finish(transfer, transfer.outcome(code))
        }
        let now = ContinuousClock.now
        if now - lastInspection >= .milliseconds(50) {
            lastInspection = now
            inspect(at: now)
        }
        let isMore = admit()
        return active.isEmpty ? 60_000 : isMore ? 0 : 100
    }

    private func inspect(at now: ContinuousClock.Instant) {
        for transfer in Array(active.values) {
            if transfer.pending.isCancelled.isSet {
                finish(transfer, .cancelled)
            } else if transfer.isStalled(at: now) {
                finish(transfer, transfer.outcomeOfStall())
            } else {
                transfer.reportProgress(at: now)
            }
        }
        for origin in hosts.keys {
            guard let cancelled = hosts[origin]?.waiting.filter(\.isCancelled.isSet), !cancelled.isEmpty else {
                continue
            }
            hosts[origin]?.waiting.removeAll(where: \.isCancelled.isSet)
            for pending in cancelled { pending.continuation.resume(returning: .cancelled) }
        }
    }

    /// Starts queued attempts, as far as their hosts allow; true if any was started.
    ///
    /// Not left to libcurl's own limit: the time that a transfer waits there counts as time to connect.
    @discardableResult
    private func admit() -> Bool {
        var isMore = false
        for (origin, host) in hosts {
            let limit = host.isMultiplexed ? settings.streamsPerHost : settings.connectionsPerHost
            let count = min(host.waiting.count, max(1, limit) - host.active)
            guard count > 0 else { continue }
            hosts[origin]?.waiting.removeFirst(count)
            for pending in host.waiting.prefix(count) { start(pending) }
            isMore = true
        }
        return isMore
    }

    private func start(_ pending: PendingAttempt) {
        guard !pending.isCancelled.isSet else { return pending.continuation.resume(returning: .cancelled) }
        guard let transfer = ActiveTransfer(pending, settings: settings),
            unsafe thread.multi.add(transfer.handle.pointer)
        else {
            return pending.continuation.resume(
                returning: .failed(.connection("libcurl cannot start a transfer"), retryAfter: nil))
        }
        active[transfer.handle.id] = transfer
        hosts[pending.attempt.url.origin]?.active += 1
    }

    private func finish(_ transfer: ActiveTransfer, _ outcome: Outcome) {
        active[transfer.handle.id] = nil
        unsafe thread.multi.remove(transfer.handle.pointer)
        let origin = transfer.pending.attempt.url.origin
        hosts[origin]?.active -= 1
        if transfer.isMultiplexed { hosts[origin]?.isMultiplexed = true }
        transfer.pending.continuation.resume(returning: outcome)
    }
}
