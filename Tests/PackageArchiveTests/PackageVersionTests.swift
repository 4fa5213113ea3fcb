// SPDX-License-Identifier: Apache-2.0

import PackageArchive
import Processes
import Testing

struct PackageVersionTests {
    /// From the oldest to the newest, in the order deb-version(7) gives them.
    static let ascending = [
        "~~", "~~a", "~", "0", "0.9~~rc1-1", "0.9~rc1-1", "0.9-1", "1.0~bpo12+1-1", "1.0", "1.0-0.1", "1.0-1~deb12u1",
        "1.0-1", "1.0-1+b1", "1.0-1+deb12u1", "1.0a", "1.0a1", "1.0b", "1.0+dfsg-1", "1.0.1", "1.1", "1.9", "1.10",
        "9.99999999999999999999", "9.100000000000000000000", "1:0.1", "1:0.1-1", "1:1.0-1ubuntu2", "2:0",
    ]

    @Test(arguments: ascending.indices.dropLast())
    func neighboursAreInOrder(_ index: Int) {
        let (one, other) = (PackageVersion(Self.ascending[index]), PackageVersion(Self.ascending[index + 1]))
        #expect(one < other)
        #expect(!(other < one))
        #expect(one != other)
    }

    @Test(arguments: [
        ("1.0", "0:1.0"), ("1.0", "1.0-0"), ("1.01", "1.1"), ("1.0-01", "1.0-1"), ("1.a0", "1.a"), ("0", ""),
    ])
    func differentlyWrittenIsEqual(_ one: String, _ other: String) {
        #expect(PackageVersion(one) == PackageVersion(other))
    }

    @Test(.enabled(if: ChildProcess.find("dpkg") != nil))
    func agreesWithDpkg() throws {
        let dpkg = try #require(ChildProcess.find("dpkg"))
        let versions = [
            "1.2.3-4", "1.2.3-4+b1", "1.2.3~rc1-4", "1:1.2", "1.2.3-4.1", "1.2-3-4", "1.2+git-1", "1.2a-1", "1.2.-1",
        ]
        for one in versions {
            for other in versions {
                let answer = try ChildProcess.run(dpkg, ["--compare-versions", one, "lt", other])
                #expect(answer.succeeded == (PackageVersion(one) < PackageVersion(other)), "\(one) lt \(other)")
            }
        }
    }
}
