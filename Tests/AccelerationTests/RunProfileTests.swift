// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Acceleration

@Suite struct RunProfileTests {
    private let millisecond: UInt64 = 1_000_000

    private func record(
        _ program: FilePath, _ outcome: DispatchLog.Outcome, process: UInt32, at milliseconds: UInt64
    ) -> DispatchLog.Record {
        DispatchLog.Record(
            time: milliseconds * millisecond, process: process, outcome: outcome, program: program)
    }

    /// Looks every 10 ms: what processes there are, those that run in capitals.
    private func samples(
        _ looks: [[(number: UInt32, parent: UInt32, startedAt: UInt64, running: Bool)]], processors: Int = 4,
        origin: Int64 = 0
    ) -> ProcessSamples {
        var samples = ProcessSamples(processors: processors, origin: origin)
        samples.add([], at: 0)
        for (index, look) in looks.enumerated() {
            let time = UInt64(index + 1) * 10 * millisecond
            samples.add(
                look.map { ProcessStatus(number: $0, parent: $1, isRunning: $3, started: $2 / 10, time: time) },
                at: time)
        }
        return samples
    }

    private func rounded(_ seconds: Double?) -> Double? { seconds.map { ($0 * 1e6).rounded() / 1e6 } }

    @Test func executionsAreCountedByWhatBecameOfThem() throws {
        let profile = RunProfile(
            DispatchLog(records: [
                record("/bin/sed", .native, process: 2, at: 1), record("/bin/sed", .native, process: 3, at: 2),
                record("/bin/sed", .byEnvironment, process: 4, at: 3),
                record("/bin/uname", .notListed, process: 5, at: 4),
                record("/bin/uname", .notListed, process: 6, at: 5), record("/bin/sh", .native, process: 7, at: 6),
            ]))
        #expect(profile.rows.map(\.program) == ["/bin/uname", "/bin/sed", "/bin/sh"])
        let sed = try #require(profile.rows.first { $0.program == "/bin/sed" })
        #expect(sed.native.executions == 2 && sed.emulated.executions == 1)
        #expect(sed.reasons == [.byEnvironment: 1])
        #expect(profile.rows[0].reasons == [.notListed: 2])
        // Nobody looked.
        #expect(profile.rows.allSatisfy { $0.native.seconds == nil && $0.emulated.seconds == nil })
    }

    @Test func timeGoesToTheProgramThatAProcessWasThen() {
        let log = DispatchLog(records: [
            record("/bin/sh", .native, process: 2, at: 1), record("/bin/perl", .notEligible, process: 2, at: 25),
        ])
        let profile = RunProfile(log, samples(Array(repeating: [(2, 1, 0, true)], count: 5)))
        #expect(profile.rows.map(\.program) == ["/bin/perl", "/bin/sh"])
        #expect(rounded(profile.rows[0].emulated.seconds) == 0.03)
        #expect(rounded(profile.rows[1].native.seconds) == 0.02)
        #expect(profile.rows[1].emulated.seconds == 0)
    }

    @Test func whatWaitsTakesNoTime() {
        let log = DispatchLog(records: [record("/bin/make", .native, process: 2, at: 1)])
        let profile = RunProfile(log, samples([[(2, 1, 0, true)], [(2, 1, 0, false)], [(2, 1, 0, true)]]))
        #expect(rounded(profile.rows.first?.native.seconds) == 0.02)
    }

    @Test func aProcessThatExecutedNothingIsItsParentsProgram() {
        // The parent executes another program later, and another process takes over its child.
        let log = DispatchLog(records: [
            record("/bin/sh", .native, process: 2, at: 1), record("/bin/env", .notListed, process: 2, at: 35),
        ])
        let profile = RunProfile(
            log,
            samples([
                [(2, 1, 0, false)], [(2, 1, 0, false), (3, 2, 10, true)], [(2, 1, 0, false), (3, 2, 10, true)],
                [(2, 1, 0, false), (3, 1, 10, true)],
            ]))
        #expect(rounded(profile.rows.first { $0.program == "/bin/sh" }?.native.seconds) == 0.03)
        #expect(profile.rows.first { $0.program == "/bin/env" }?.emulated.seconds == 0)
    }

    @Test func aNumberThatIsGivenAgainIsAnotherProcess() {
        let log = DispatchLog(records: [
            record("/bin/sh", .native, process: 2, at: 1), record("/bin/old", .notListed, process: 3, at: 2),
        ])
        let profile = RunProfile(
            log,
            samples([
                [(2, 1, 0, false), (3, 2, 0, true)], [(2, 1, 0, false)], [(2, 1, 0, false), (3, 2, 30, true)],
                [(2, 1, 0, false), (3, 2, 30, true)],
            ]))
        #expect(rounded(profile.rows.first { $0.program == "/bin/old" }?.emulated.seconds) == 0.01)
        #expect(rounded(profile.rows.first { $0.program == "/bin/sh" }?.native.seconds) == 0.02)
    }

    @Test func whatEndsWhileSomebodyLooksWasRunning() {
        var samples = samples([[(2, 1, 0, false)], [(2, 1, 0, false)]])
        samples.add(
            [ProcessStatus(number: 2, parent: 1, isRunning: false, started: 0, time: 31 * millisecond)], ended: [7],
            at: 30 * millisecond)
        let log = DispatchLog(records: [
            record("/bin/true", .native, process: 7, at: 5), record("/bin/uname", .notListed, process: 7, at: 29),
        ])
        #expect(rounded(RunProfile(log, samples).rows.first?.emulated.seconds) == 0.01)
        // Not what had the number before.
        let old = DispatchLog(records: [record("/bin/true", .native, process: 7, at: 5)])
        #expect(RunProfile(old, samples).rows.first?.native.seconds == 0)
    }

    @Test func processesInTurnsShareTheProcessors() {
        let log = DispatchLog(records: (2...5).map { record(FilePath("/bin/\($0)"), .native, process: $0, at: 1) })
        let all: [(UInt32, UInt32, UInt64, Bool)] = (2...5).map { ($0, 1, 0, true) }
        let profile = RunProfile(log, samples([all, all], processors: 2))
        #expect(profile.rows.map { rounded($0.native.seconds) } == [0.01, 0.01, 0.01, 0.01])
    }

    @Test func theTotalIsSharedOutWhereItIsKnown() {
        let log = DispatchLog(records: [
            record("/bin/a", .native, process: 2, at: 1), record("/bin/b", .notListed, process: 3, at: 1),
        ])
        let look: [(UInt32, UInt32, UInt64, Bool)] = [(2, 1, 0, true), (3, 1, 0, true)]
        let profile = RunProfile(log, samples([look, look, [(2, 1, 0, true)], [(2, 1, 0, true)]]), total: 9)
        #expect(rounded(profile.rows.first { $0.program == "/bin/a" }?.native.seconds) == 6)
        #expect(rounded(profile.rows.first { $0.program == "/bin/b" }?.emulated.seconds) == 3)
    }

    @Test func startsAreOnTheLogsClock() {
        // The machine slept for an hour before.
        let origin = -3600 * 1000 * Int64(millisecond)
        let log = DispatchLog(records: [record("/bin/a", .native, process: 2, at: 5)])
        let profile = RunProfile(log, samples([[(2, 1, 3_600_000, true)]], origin: origin))
        #expect(rounded(profile.rows.first?.native.seconds) == 0.01)
    }

    @Test func standingStillIsNoTime() {
        var samples = ProcessSamples(processors: 1)
        for time in [0, 10, 3_600_000] as [UInt64] {
            let status = ProcessStatus(number: 2, parent: 1, isRunning: true, started: 0, time: time * millisecond)
            samples.add([status], at: time * millisecond)
        }
        let log = DispatchLog(records: [record("/bin/a", .native, process: 2, at: 0)])
        #expect((RunProfile(log, samples).rows.first?.native.seconds ?? 99) < 0.3)
    }
}
