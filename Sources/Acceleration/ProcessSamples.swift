// SPDX-License-Identifier: Apache-2.0

/// The processes that were running at each sample.
///
/// A process shorter than the interval is sampled only now and then, and then counts for the whole interval: the more
/// processes there are, the more accurate the sum. An ordinary user is not told when a process of a run ends, or how
/// long it took.
package struct ProcessSamples: Hashable, Sendable {
    package struct Process: Hashable, Sendable {
        /// In the run's own process namespace.
        package let number: UInt32
        /// When it was started, in nanoseconds of the log's clock; up to `precision` before that.
        package let started: UInt64
        /// The process that started it, where that was seen.
        package let parent: Int?
    }

    package struct Sample: Hashable, Sendable {
        /// In nanoseconds of the log's clock.
        package let time: UInt64
        /// An index into `processes`.
        package let process: Int
        package let seconds: Double
    }

    package private(set) var processes: [Process] = []
    package private(set) var samples: [Sample] = []
    /// A tick of the clock that processes' starts are counted in, in nanoseconds.
    package let precision: UInt64

    private struct Identity: Hashable {
        let number: UInt32
        let started: UInt64
    }
    /// Those that were there at the last look.
    private var known: [Identity: Int] = [:]
    private var lastLook: UInt64?
    private let processors: Int
    /// The ticks' zero on the log's clock, which stands still while the machine sleeps.
    private let origin: Int64

    /// `origin` is the log's clock less the one that processes' starts are counted on, in nanoseconds.
    package init(ticksPerSecond: Int = 100, processors: Int = 1, origin: Int64 = 0) {
        precision = 1_000_000_000 / UInt64(max(1, ticksPerSecond))
        self.processors = max(1, processors)
        self.origin = origin
    }

    /// A longer time than this between two looks is none of the processes': everything stood still.
    private static let longest: UInt64 = 250_000_000

    /// Adds what was seen in a look that began at `time`: all processes there were. Those of the numbers `ended` ended
    /// during the look; what does not take longer than that is not seen in another way.
    mutating func add(_ seen: [ProcessStatus], ended: [UInt32] = [], at time: UInt64) {
        let last = lastLook ?? time
        let passed = min(time &- last, Self.longest)
        lastLook = time
        var present: [Identity: Int] = [:]
        let numbers = Dictionary(seen.map { ($0.number, $0) }, uniquingKeysWith: { $1 })
        for status in seen { _ = index(of: status, numbers, &present) }
        var running: [(process: Int, time: UInt64)] = []
        for status in seen where status.isRunning {
            if let process = present[identity(status)] { running.append((process, status.time)) }
        }
        for number in ended {
            let process = known.first { $0.key.number == number }?.value ?? processes.count
            if process == processes.count {
                processes.append(Process(number: number, started: last, parent: nil))
            }
            running.append((process, seen.map(\.time).max() ?? time))
        }
        known = present
        // More than there are processors take turns.
        let share = min(1, Double(processors) / Double(max(1, running.count)))
        for (process, time) in running {
            samples.append(Sample(time: time, process: process, seconds: Double(passed) / 1e9 * share))
        }
    }

    private func identity(_ status: ProcessStatus) -> Identity {
        let started = Int64(clamping: status.started &* precision) &+ origin
        return Identity(number: status.number, started: UInt64(clamping: started))
    }

    private mutating func index(
        of status: ProcessStatus, _ seen: [UInt32: ProcessStatus], _ present: inout [Identity: Int]
    ) -> Int {
        let identity = identity(status)
        if let index = present[identity] { return index }
        if let index = known[identity] {
            present[identity] = index
            return index
        }
        // Its parent first: once that has ended, process 1 takes its place. A process is never younger than its child.
        var parent: Int?
        if let found = seen[status.parent], found.number != status.number, found.started <= status.started {
            parent = index(of: found, seen, &present)
        }
        processes.append(Process(number: identity.number, started: identity.started, parent: parent))
        present[identity] = processes.count - 1
        return processes.count - 1
    }
}
