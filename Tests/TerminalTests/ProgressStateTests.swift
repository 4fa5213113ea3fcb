// SPDX-License-Identifier: Apache-2.0

import Terminal
import Testing

@Suite struct ProgressStateTests {
    private let start = ContinuousClock.now

    private func state(_ steps: [(milliseconds: Int, completed: Int64)], total: Int64? = 10_000_000) -> ProgressState {
        var state = ProgressState("downloading base", total: total, at: start)
        for step in steps {
            state.advance(to: step.completed, total: nil, at: start + .milliseconds(step.milliseconds))
        }
        return state
    }

    @Test func rateAndTimeLeftComeFromWhatWasSeen() {
        let state = state([(0, 0), (1000, 1_000_000), (2000, 2_000_000)])
        let now = start + .seconds(2)
        #expect(state.rate(at: now) == 1_000_000)
        #expect(state.remaining(at: now) == .seconds(8))
        #expect(state.fraction == 0.2)
    }

    @Test func whatAnEarlierAttemptLeftIsNotSpeed() {
        let state = state([(0, 8_000_000), (1000, 8_500_000)])
        #expect(state.rate(at: start + .seconds(1)) == 500_000)
    }

    @Test func aTransferThatStandsStillSlowsDown() {
        let state = state([(0, 0), (1000, 1_000_000)])
        #expect(state.rate(at: start + .seconds(10)) == 100_000)
    }

    @Test func nothingIsClaimedWithoutATotalOrTime() {
        let state = state([(0, 5)], total: nil)
        #expect(state.rate(at: start) == nil)
        #expect(state.remaining(at: start + .seconds(5)) == nil)
        #expect(state.fraction == nil)
    }

    @Test func theDrawingFitsTheTerminal() {
        let state = state([(0, 0), (1000, 1_000_000), (2000, 2_000_000)])
        let now = start + .seconds(2)
        #expect(
            state.drawing(width: 100, at: now)
                == "downloading base  20%  2.0 MB of 10.0 MB  1.0 MB/s  8 s left")
        for width in 0...80 { #expect(state.drawing(width: width, at: now).count <= width) }
        #expect(state.drawing(width: 58, at: now).hasPrefix("downloading"))
    }
}
