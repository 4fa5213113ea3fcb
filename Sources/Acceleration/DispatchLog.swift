// SPDX-License-Identifier: Apache-2.0

internal import CDispatcher
package import SystemPackage

/// The dispatcher's log: every program that a run executed, and how.
package struct DispatchLog: Sendable {
    /// How a program was executed, and why; the raw value is the one in the file.
    package enum Outcome: UInt8, Hashable, Sendable, CaseIterable {
        case native = 0
        /// Not in the table.
        case notListed
        /// Another file or state than in the table.
        case changed
        /// An environment variable that names libraries was set.
        case byEnvironment
        /// It is setuid or setgid.
        case privileged
        /// Not under that name, or not for that script.
        case notEligible
        /// The native program is missing or has changed.
        case nativeMissing
        /// The kernel could not execute the native program.
        case nativeFailed
        /// The table is damaged.
        case damaged
        /// Its script, or an argument, depends on the architecture.
        case byText
        /// The native program has it executed, emulated (`RestartLibrary`).
        case restarted

        /// The reason, for the user.
        package var reason: String {
            switch self {
            case .native: "runs natively"
            case .notListed: "no native equivalent"
            case .changed: "it, or a file it depends on, has changed"
            case .byEnvironment: "environment variable affects it, such as LD_PRELOAD"
            case .privileged: "setuid or setgid"
            case .notEligible: "not eligible with this name, script or arguments"
            case .nativeMissing: "native program is missing or has changed"
            case .nativeFailed: "native program cannot be executed"
            case .damaged: "dispatch table is damaged"
            case .byText: "its script depends on the architecture"
            case .restarted: "restarted: it loads an object, or computes, on the root's processor"
            }
        }
    }

    package struct Record: Hashable, Sendable {
        /// Since some moment, in nanoseconds.
        package let time: UInt64
        /// In the run's own process namespace.
        package let process: UInt32
        package let outcome: Outcome
        /// The file in the root.
        package let program: FilePath

        package init(time: UInt64, process: UInt32, outcome: Outcome, program: FilePath) {
            self.time = time
            self.process = process
            self.outcome = outcome
            self.program = program
        }
    }

    package let records: [Record]

    init(records: [Record]) {
        self.records = records
    }

    /// `bytes` of the log; what a process was killed while writing is left out.
    package init(parsing bytes: [UInt8]) {
        var records: [Record] = []
        var rest = bytes[...]
        let size = MemoryLayout<mg_record>.size
        while rest.count >= size {
            let header = Array(rest.prefix(size))
            let length = Int(header[12]) | Int(header[13]) << 8
            guard rest.count >= size + length, let outcome = Outcome(rawValue: header[14]) else { break }
            let path = rest.dropFirst(size).prefix(length)
            // A failed attempt to execute the native program follows its record at once.
            let record = Record(
                time: Self.integer(header[0..<8]), process: UInt32(Self.integer(header[8..<12])), outcome: outcome,
                program: FilePath(String(decoding: path, as: UTF8.self)))
            if outcome == .nativeFailed,
                let attempt = records.lastIndex(where: { $0.process == record.process }),
                records[attempt].outcome == .native
            {
                records.remove(at: attempt)
            }
            records.append(record)
            rest = rest.dropFirst(size + length)
        }
        self.records = records
    }

    /// How often each program was executed, by outcome; the most often emulated first.
    package var counts: [(program: FilePath, outcomes: [Outcome: Int])] {
        var counts: [FilePath: [Outcome: Int]] = [:]
        for record in records { counts[record.program, default: [:]][record.outcome, default: 0] += 1 }
        func emulated(_ outcomes: [Outcome: Int]) -> Int {
            outcomes.reduce(0) { $0 + ($1.key == .native ? 0 : $1.value) }
        }
        return counts.map { (program: $0.key, outcomes: $0.value) }.sorted { left, right in
            let (a, b) = (emulated(left.outcomes), emulated(right.outcomes))
            return a != b ? a > b : left.program.string < right.program.string
        }
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
