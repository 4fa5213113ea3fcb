// SPDX-License-Identifier: Apache-2.0

import Catalogue
import PackageArchive
import Testing

@testable import Provisioning

@Suite struct PinnedSourcesTests {
    @Test(arguments: [
        (["deb http://snapshot.debian.org/archive/debian/20240110T000000Z bookworm main"], "20240110T000000Z"),
        (
            [
                "deb [check-valid-until=no] http://a.example/debian/20240110T000000Z/ bookworm main",
                "deb http://a.example/debian-security/20240110T030000Z/ bookworm-security main",
            ], "20240110T030000Z"
        ),
        (["deb [snapshot=20240301T030400Z] https://archive.ubuntu.com/ubuntu noble main"], "20240301T030400Z"),
        // One of them follows the archive, whatever is said in a comment.
        (
            [
                "deb http://a.example/20240110T000000Z bookworm main",
                "deb http://mirror.example/debian bookworm-updates main",
            ], nil
        ),
        (["# http://snapshot.debian.org/archive/debian/20240110T000000Z", "deb http://a.example sid main"], nil),
        (["deb http://a.example/20240230T000000Z bookworm main"], nil),
        ([], nil),
    ])
    func aRootIsPinnedWhereAllOfItsSourcesAre(lines: [String], moment: String?) {
        let sources = AptSource.parse(list: lines.joined(separator: "\n"))
        #expect(SnapshotMoment(pinnedBy: sources)?.text == moment)
    }
}
