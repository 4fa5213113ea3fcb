// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

@Suite struct DispatchLogTests {
    /// A record as the dispatcher writes it.
    private func record(_ path: String, _ outcome: UInt8, process: UInt8 = 5) -> [UInt8] {
        [1, 2, 0, 0, 0, 0, 0, 0]  // nanoseconds
            + [process, 0, 0, 0] + [UInt8(path.utf8.count), 0] + [outcome, 0] + Array(path.utf8)
    }

    @Test func recordsAreReadUpToAnUnfinishedOne() {
        let whole = record("/bin/sed", 0) + record("/bin/uname", 1)
        let log = DispatchLog(parsing: whole + record("/bin/x", 0).dropLast())
        #expect(
            log.records == [
                DispatchLog.Record(time: 0x201, process: 5, outcome: .native, program: "/bin/sed"),
                DispatchLog.Record(time: 0x201, process: 5, outcome: .notListed, program: "/bin/uname"),
            ])
        #expect(DispatchLog(parsing: []).records.isEmpty)
        #expect(DispatchLog(parsing: record("/bin/x", 200)).records.isEmpty)
    }

    @Test func aFailedAttemptIsNoExecution() {
        let log = DispatchLog(
            parsing: record("/a", 0) + record("/b", 0, process: 6) + record("/a", 7) + record("/b", 0, process: 6))
        #expect(log.records.map(\.outcome) == [.native, .nativeFailed, .native])
    }

    @Test func whatIsEmulatedMostOftenComesFirst() {
        let log = DispatchLog(
            parsing: record("/b", 0) + record("/b", 0) + record("/c", 1) + record("/a", 1) + record("/d", 2)
                + record("/d", 1))
        #expect(log.counts.map(\.program) == ["/d", "/a", "/c", "/b"])
        #expect(log.counts.first?.outcomes == [.changed: 1, .notListed: 1])
    }

    @Test func theDispatcherWritesDownWhatBecameOfEveryProgram() throws {
        try AcceleratedPrograms.with { programs in
            let path = programs.scratch.appending("log.bin")
            let native = programs.scratch.appending("native")
            try installProgram(Array("none".utf8), at: native)
            let other = programs.scratch.appending("other")
            let failing = programs.scratch.appending("failing")
            for file in [other, failing] {
                try installProgram(try programs.program.readFile(), at: file)
            }
            try programs.register(
                DispatchTable([try programs.entry(), try programs.entry(native, for: failing)], log: path))
            // No file, no log.
            #expect(try programs.run("exit 7").end == .exited(7))
            try AtomicFile.write([], to: path)
            let directory = try Directory.open(programs.scratch)
            try directory.makeSymbolicLink("link", to: "sh")
            _ = try programs.run("exit 7", by: programs.scratch.appending("link"))
            _ = try programs.run("", by: other)
            _ = try programs.run("", by: failing)
            _ = try programs.binfmt.execute(["env", "LD_PRELOAD=x", programs.program.string])
            let records = DispatchLog(parsing: try path.readFile()).records
            #expect(records.map(\.outcome) == [.native, .notListed, .nativeFailed, .byEnvironment])
            // Files, whatever links led to them.
            #expect(records.map(\.program) == [programs.program, other, failing, programs.program])
            #expect(records.map(\.time) == records.map(\.time).sorted())
        }
    }
}
