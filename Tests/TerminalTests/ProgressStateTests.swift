// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Terminal

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

    private func drawn(_ width: Int, _ state: ProgressState? = nil, _ glyphs: Glyphs = .unicode) -> String {
        let state = state ?? self.state([(0, 0), (1000, 1_000_000), (2000, 2_000_000)])
        return state.drawing(width: width, at: start + .seconds(2), with: glyphs).rendered(colour: false)
    }

    @Test func theDrawingFitsTheTerminal() {
        for width in 0...200 { #expect(drawn(width).count <= width) }
        #expect(drawn(110).hasSuffix("─   20%  2.0 MB of 10.0 MB  1.0 MB/s  8 s left"))
        #expect(drawn(79) == "downloading base  ━━━━━──────────────────────   20%  1.0 MB/s  8 s left")
        #expect(drawn(55) == "downloading base  ━━╸───────────   20%  8 s left")
        #expect(drawn(39) == "downloading base   20%  8 s left")
        #expect(drawn(19) == "downloading …   20%")
        #expect(drawn(12) == "downlo   20%" || drawn(12) == "downl…   20%")
    }

    @Test func withoutUTF8ItIsASCII() {
        #expect(drawn(79, nil, .ascii) == "downloading base  [#####....................]   20%  1.0 MB/s  8 s left")
        #expect(drawn(19, nil, .ascii) == "downloadin...   20%")
        #expect(Glyphs.ascii.shortened("größe", to: 9) == "gr??e")
    }

    /// The numbers get shorter and longer; where they and the bar begin stays.
    @Test func nothingMovesWhileTheNumbersChange() {
        for width in [79, 120] {
            let bars = [(1, 9), (2, 100), (3, 2000)].map { (seconds, completed) in
                let state = state([(0, 0), (seconds * 1000, Int64(completed) * 1000)])
                return state.drawing(width: width, at: start + .seconds(seconds), with: .ascii)
                    .rendered(colour: false).firstIndex(of: "]")
            }
            #expect(Set(bars).count == 1 && bars[0] != nil)
        }
    }

    @Test func whatHasNoEndInSightShowsWhatWasDoneOrTheTime() {
        #expect(drawn(79, state([(0, 0), (1000, 1_500_000)], total: nil)) == "downloading base  1.5 MB  750 kB/s")
        #expect(drawn(79, state([], total: nil)) == "downloading base  2 s")
        #expect(drawn(16, state([], total: nil)) == "downloading base")
    }

    @Test func wideCharactersTakeTwoColumns() {
        #expect(Glyphs.unicode.shortened("unpacking 漢字.tar", to: 18) == "unpacking 漢字.tar")
        #expect(Glyphs.unicode.shortened("unpacking 漢字.tar", to: 14) == "unpacking 漢…")
    }

    @Test func theBarIsFullAtTheEndAndEmptyAtTheBeginning() {
        for glyphs in [Glyphs.unicode, .ascii] {
            for tenth in 0...10 {
                let bar = glyphs.bar(Double(tenth) / 10, width: 10).rendered(colour: false)
                #expect(bar.count == 10)
            }
        }
        #expect(Glyphs.unicode.bar(1, width: 4).rendered(colour: false) == "━━━━")
        #expect(Glyphs.ascii.bar(0, width: 4).rendered(colour: false) == "[..]")
    }

    @Test(
        arguments: [
            (["LANG": "de_DE.UTF-8"], true), (["LANG": "C.utf8"], true), (["LC_CTYPE": "C.UTF-8"], true), ([:], false),
            (["LANG": "C"], false), (["LANG": "en_US.UTF-8", "LC_ALL": "C"], false),
            (["LANG": "en_US.UTF-8", "LC_CTYPE": "en_US.ISO-8859-1"], false),
            (["LANG": "C", "LC_ALL": "", "LC_CTYPE": "en_US.UTF-8"], true), (["LANG": "ca_ES.utf8@valencia"], true),
        ] as [([String: String], Bool)])
    func theLocaleSaysWhatIsDrawn(environment: [String: String], isUnicode: Bool) {
        #expect(Glyphs { environment[$0] } == (isUnicode ? .unicode : .ascii))
    }
}
