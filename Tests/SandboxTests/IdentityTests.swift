// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Sandbox

@Suite struct IdentityTests {
    static let subuid = """
        # a comment
        alice:100000:65536
        bob:165536:65536
        1000:300000:1000
        alice:400000:10
        alice:notanumber:10
        alice:500000:0
        alice:600000
        malice:700000:5

        """

    private func ranges(_ user: UInt32, _ name: String?) -> [[UInt32]] {
        Identity.subordinates(parsing: Array(Self.subuid.utf8)) { $0 == name || $0 == String(user) }
            .map { [$0.start, $0.count] }
    }

    @Test func linesAreAUsersByNameOrNumber() {
        #expect(ranges(1000, "alice") == [[100_000, 65536], [300_000, 1000], [400_000, 10]])
        #expect(ranges(7, "bob") == [[165_536, 65536]])
        #expect(ranges(1000, nil) == [[300_000, 1000]])
        #expect(ranges(8, "carol").isEmpty)
    }

    @Test func subordinateIdsFollowTheUsersOwn() {
        #expect(
            Identity.above(1000, [(start: 100_000, count: 65536), (start: 400_000, count: 10)]) == [
                IdentityRange(inside: 0, outside: 1000, count: 1),
                IdentityRange(inside: 1, outside: 100_000, count: 65536),
                IdentityRange(inside: 65537, outside: 400_000, count: 10),
            ])
    }

    /// The kernel refuses a map whose ids run over 2^32.
    @Test func rangesThatDoNotFitAreCut() {
        let map = Identity.above(1000, [(start: 1, count: .max - 5), (start: 7, count: 100), (start: 200, count: 3)])
        #expect(map.map(\.count) == [1, .max - 5, 4])
        #expect(map.map(\.inside) == [0, 1, .max - 4])
    }

    @Test func aSingleIdIsKnownAsOne() {
        let one = [IdentityRange(inside: 0, outside: 1000, count: 1)]
        let many = Identity.above(1000, [(start: 100_000, count: 65536)])
        #expect(Identity.direct(users: one, groups: one).isSingle)
        #expect(!Identity.direct(users: one, groups: one).canSetGroups)
        #expect(!Identity.subordinate(users: many, groups: many).isSingle)
        #expect(Identity.subordinate(users: many, groups: many).canSetGroups)
        #expect(!Identity.host.isSingle && Identity.host.canSetGroups)
        #expect(!Identity.host.usesNamespace && Identity.direct(users: one, groups: one).usesNamespace)
    }

    @Test func tellsWhatAUserOfTheHostIsInside() {
        let many = Identity.above(1000, [(start: 100_000, count: 65536)])
        let identity = Identity.subordinate(users: many, groups: [])
        #expect(identity.inside(user: 1000) == 0)
        #expect(identity.inside(user: 100_000) == 1)
        #expect(identity.inside(user: 165_535) == 65536)
        #expect(identity.inside(user: 165_536) == nil)
        #expect(identity.inside(user: 0) == nil)
        #expect(Identity.host.inside(user: 12) == 12)
    }

    /// The form of `/proc/PID/uid_map`.
    @Test func rangesReadAsTheKernelWants() {
        #expect(IdentityRange(inside: 1, outside: 100_000, count: 65536).description == "1 100000 65536")
    }
}
