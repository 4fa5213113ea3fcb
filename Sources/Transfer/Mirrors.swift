// SPDX-License-Identifier: Apache-2.0

/// Which mirror is tried next, and when.
///
/// Mirrors are tried in turn, and those with temporary failures again after a pause, until one succeeds or all have
/// failed `attempts` times. A mirror that made more progress than any before is kept.
struct Mirrors {
    private struct Mirror {
        let url: RemoteURL
        var failures = 0
        var reason: FailureReason?
        var isGivenUp = false
    }

    private var mirrors: [Mirror]
    private let settings: NetworkSettings
    /// The one that is being tried.
    private var current: Int?
    private var round = 0
    private var furthest: Int64 = 0
    private var hasAdvanced = false
    private var retryAfter = Duration.zero

    init(_ urls: [String], _ settings: NetworkSettings) throws(TransferError) {
        var mirrors: [Mirror] = []
        for url in urls {
            let url = try RemoteURL(url)
            if !mirrors.contains(where: { $0.url == url }) { mirrors.append(Mirror(url: url)) }
        }
        self.mirrors = mirrors
        self.settings = settings
    }

    /// The mirror to try now, after the pause that is due; nil when none is left.
    mutating func next() async throws(TransferError) -> RemoteURL? {
        if let current, hasAdvanced {
            hasAdvanced = false
            try await pause(settings.backOff)
            return mirrors[current].url
        }
        if let index = mirrors.indices.first(where: { $0 > current ?? -1 && !mirrors[$0].isGivenUp }) {
            current = index
            return mirrors[index].url
        }
        guard let first = mirrors.firstIndex(where: { !$0.isGivenUp }) else { return nil }
        try await pause(delay)
        round += 1
        retryAfter = .zero
        current = first
        return mirrors[first].url
    }

    /// Doubling, with jitter: transfers that failed together should not retry together.
    private var delay: Duration {
        let doubled = min(settings.backOff * (1 << min(round, 16)), .seconds(8))
        return max(doubled * Double.random(in: 0.75...1.25), retryAfter)
    }

    /// Records a failed attempt at the mirror. `retryAfter`, in seconds: the server's request, honoured up to half a
    /// minute. `reached`: how many bytes of the file exist now.
    mutating func failed(_ reason: FailureReason, retryAfter: Int? = nil, reached: Int64 = 0) {
        guard let current else { return }
        mirrors[current].reason = reason
        if let retryAfter, retryAfter > 0 { self.retryAfter = max(self.retryAfter, .seconds(min(retryAfter, 30))) }
        hasAdvanced = reason.isTransient && reached >= furthest + (1 << 20)
        furthest = max(furthest, reached)
        if hasAdvanced { return }
        mirrors[current].failures += 1
        mirrors[current].isGivenUp = !reason.isTransient || mirrors[current].failures >= settings.attempts
    }

    var error: TransferError {
        TransferError(
            .unreachable(
                mirrors.compactMap { mirror in
                    mirror.reason.map { MirrorFailure(url: mirror.url.string, reason: $0) }
                }))
    }
}
