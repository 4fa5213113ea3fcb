// SPDX-License-Identifier: Apache-2.0

/// The progress of one activity.
package struct ProgressState: Equatable, Sendable {
    package enum Unit: String, Codable, Sendable {
        case bytes, items
    }

    package typealias Instant = ContinuousClock.Instant

    private struct Sample: Equatable {
        let time: Instant
        let completed: Int64
    }

    /// What is being done: "downloading alpine-minirootfs.tar.gz".
    package let activity: String
    package let unit: Unit
    package let started: Instant
    package private(set) var completed: Int64 = 0
    package private(set) var total: Int64?
    private var samples: [Sample]

    package init(_ activity: String, total: Int64? = nil, unit: Unit = .bytes, at now: Instant) {
        self.activity = activity
        self.total = total
        self.unit = unit
        started = now
        samples = []
    }

    /// `total` is taken over where it is known.
    package mutating func advance(to completed: Int64, total: Int64?, at now: Instant) {
        self.completed = completed
        if let total { self.total = total }
        // The first sample is the start: what an earlier attempt left does not count for the rate.
        if let last = samples.last, last.time.duration(to: now) < .milliseconds(200) { return }
        samples.removeAll { $0.time.duration(to: now) > .seconds(8) }
        samples.append(Sample(time: now, completed: completed))
    }

    /// From 0 to 1, where the total is known.
    package var fraction: Double? {
        guard let total, total > 0 else { return nil }
        return min(max(Double(completed) / Double(total), 0), 1)
    }

    /// Units per second over the last seconds.
    package func rate(at now: Instant) -> Double? {
        guard let first = samples.first else { return nil }
        let elapsed = first.time.duration(to: now) / .seconds(1)
        guard elapsed >= 0.5, completed >= first.completed else { return nil }
        return Double(completed - first.completed) / elapsed
    }

    /// Time left at that rate.
    package func remaining(at now: Instant) -> Duration? {
        guard let total, let rate = rate(at: now), rate > 0, completed < total else { return nil }
        let seconds = Double(total - completed) / rate
        return seconds < 360_000 ? .seconds(seconds.rounded(.up)) : nil
    }
}
