// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// The time that a run spent per program, natively and emulated.
package struct RunProfile: Hashable, Sendable {
    package struct Spent: Hashable, Sendable {
        package var executions = 0
        /// Of processors' time; nil where it was not measured.
        package var seconds: Double?
    }

    package struct Row: Hashable, Sendable {
        /// The file in the root. What a native program starts by itself, without the root's file, is part of it.
        package let program: FilePath
        package var native = Spent()
        package var emulated = Spent()
        /// Why it was emulated, and how often.
        package var reasons: [DispatchLog.Outcome: Int] = [:]

        init(program: FilePath) {
            self.program = program
        }
    }

    /// The most expensive under emulation first.
    package let rows: [Row]

    /// From the log of a run and what was seen of its processes, if anything.
    ///
    /// `seconds`, where known, is the processors' time of all its processes as the kernel has counted it: the samples
    /// say only how it is shared out.
    package init(_ log: DispatchLog, _ samples: ProcessSamples? = nil, total seconds: Double? = nil) {
        var rows: [FilePath: Row] = [:]
        for record in log.records {
            rows[record.program, default: Row(program: record.program)].count(record, seconds: samples == nil ? nil : 0)
        }
        if let samples {
            let attribution = Attribution(log, samples)
            let seen = samples.samples.reduce(0) { $0 + $1.seconds }
            let scale = seen > 0 ? (seconds ?? seen) / seen : 1
            for sample in samples.samples {
                guard let record = attribution.record(of: sample) else { continue }
                let spent = record.outcome == .native ? \Row.native : \.emulated
                rows[record.program]?[keyPath: spent].seconds? += sample.seconds * scale
            }
        }
        self.rows = rows.values.sorted { $0.isWorse(than: $1) }
    }
}

extension RunProfile.Row {
    fileprivate mutating func count(_ record: DispatchLog.Record, seconds: Double?) {
        if native.seconds == nil { (native.seconds, emulated.seconds) = (seconds, seconds) }
        if record.outcome == .native {
            native.executions += 1
        } else {
            emulated.executions += 1
            reasons[record.outcome, default: 0] += 1
        }
    }

    fileprivate func isWorse(than other: Self) -> Bool {
        for (mine, others) in [(emulated, other.emulated), (native, other.native)] {
            let (a, b) = (mine.seconds ?? 0, others.seconds ?? 0)
            if a != b { return a > b }
            if mine.executions != others.executions { return mine.executions > others.executions }
        }
        return program.string < other.program.string
    }
}

/// Attributes a sample to the program that the process was executing.
private struct Attribution {
    private let records: [UInt32: [DispatchLog.Record]]
    private let samples: ProcessSamples

    init(_ log: DispatchLog, _ samples: ProcessSamples) {
        records = Dictionary(grouping: log.records, by: \.process).mapValues { $0.sorted { $0.time < $1.time } }
        self.samples = samples
    }

    func record(of sample: ProcessSamples.Sample) -> DispatchLog.Record? {
        var time = sample.time
        var next: Int? = sample.process
        while let index = next {
            let process = samples.processes[index]
            if let found = last(of: process, upTo: time) { return found }
            // It has not executed anything: it still is its parent's program.
            time = min(time, process.started + samples.precision)
            next = process.parent
        }
        return nil
    }

    /// Process ids are reused: older records belong to another process.
    private func last(of process: ProcessSamples.Process, upTo time: UInt64) -> DispatchLog.Record? {
        guard let records = records[process.number] else { return nil }
        var (low, high) = (0, records.count)
        while low < high {
            let middle = (low + high) / 2
            if records[middle].time <= time { low = middle + 1 } else { high = middle }
        }
        guard low > 0, records[low - 1].time >= process.started else { return nil }
        return records[low - 1]
    }
}
