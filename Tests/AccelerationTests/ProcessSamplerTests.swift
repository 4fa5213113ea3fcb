// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import Glibc
import Processes
import SystemPackage
import Testing

@testable import Acceleration

@Suite struct ProcessSamplerTests {
    @Test func processesAreSeenWithWhatStartedThem() throws {
        try withScratchDirectory { scratch in
            let log = scratch.appending("log")
            let spinning = try ServerProcess(["sh", "-c", "echo $$; while :; do :; done"], log: log)
            let number = try ServerProcess.wait(for: "a process") { () -> UInt32? in
                let text = String(decoding: (try? log.readFile()) ?? [], as: UTF8.self)
                return text.hasSuffix("\n") ? UInt32(text.dropLast()) : nil
            }
            var sampler = ProcessSampler(try Directory.open("/proc"))
            for _ in 0..<5 { sampler.look() }
            let samples = sampler.finish()
            let index = try #require(samples.processes.firstIndex { $0.number == number })
            #expect(samples.samples.contains { $0.process == index })
            // This process started what started it.
            let parent = try #require(samples.processes[index].parent)
            let other = try #require(samples.processes[parent].parent)
            #expect(samples.processes[other].number == UInt32(getpid()))
            // On the clock of the samples.
            let now = try #require(samples.samples.map(\.time).max())
            #expect(samples.processes[index].started <= now)
            #expect(samples.processes[index].started + 60_000_000_000 > now)
            withExtendedLifetime(spinning) {}
        }
    }

    @Test func processesThatAreNotARunsAreNotLookedAt() throws {
        // This one has no process namespace of its own, the other is not there.
        for process in [getpid(), .max] {
            if let sampler = ProcessSampler(ofRun: process) {
                Issue.record("\(process): \(sampler.finish())")
            }
        }
    }
}
