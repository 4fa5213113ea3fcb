// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Sandbox

@Suite struct IdentityShiftTests {
    static let all = [IdentityRange(inside: 0, outside: 0, count: .max)]

    @Test func aRootKeepsItsRangeAndAnotherHasAnother() throws {
        let first = try #require(IdentityShift.maps(for: "/roots/a", available: Self.all) { _ in false })
        #expect(IdentityShift.maps(for: "/roots/a", available: Self.all) { _ in false } == first)
        let second = try #require(IdentityShift.maps(for: "/roots/b", available: Self.all) { _ in false })
        #expect(first[0] != second[0] && first[1] == second[1])
        for maps in [first, second] {
            // Inside there is no gap.
            #expect(maps[0].inside == 0 && maps[0].count == 65536 && maps[1].inside == 65536)
            #expect(maps[0].outside >= 0x8_0000 && maps[0].outside % 65536 == 0 && maps[0].outside < 0x7000_0000)
        }
    }

    @Test func whatSomebodyHasIsPassedOver() throws {
        let free = try #require(IdentityShift.maps(for: "/roots/a", available: Self.all) { _ in false })
        let wanted: UInt32 = free[0].outside
        let (before, last): (UInt32, UInt32) = (wanted - 1, wanted + 65535)
        let inTheWay: [IdentityShift.Taken] = [
            .init(accounts: [wanted]), .init(accounts: [last]),
            .init(ranges: [(start: before, count: UInt32(2))]), .init(ranges: [(start: last, count: UInt32(1))]),
            .init(ranges: [(start: UInt32(0), count: UInt32.max)]),
        ]
        for taken in inTheWay {
            let maps = IdentityShift.maps(for: "/roots/a", available: Self.all) { taken.contains($0) }
            #expect(maps?[0].outside != wanted)
        }
        #expect(!IdentityShift.Taken(accounts: [before, last + 1]).contains(wanted))
        #expect(!IdentityShift.Taken(ranges: [(start: before, count: UInt32(1))]).contains(wanted))
    }

    @Test func aNamespaceWithFewIdsHasNoneToSpare() {
        #expect(
            IdentityShift.maps(for: "/roots/a", available: [IdentityRange(inside: 0, outside: 0, count: 65536)]) { _ in
                false
            } == nil)
    }

    @Test func accountsAreReadByTheirNumbers() {
        let text = "root:x:0:0::/root:/bin/sh\nbroken\n:x:y:\nbig:x:4294967294:1::/:/bin/sh\n"
        #expect(IdentityShift.Taken.numbers(in: Array(text.utf8)) == [0, 4_294_967_294])
    }
}
