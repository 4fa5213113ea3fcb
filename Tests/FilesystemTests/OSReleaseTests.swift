// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Testing

@Suite struct OSReleaseTests {
    @Test func valuesAreUnquotedAsAShellWould() {
        let release = OSRelease(
            parsing: """
                # comment
                ID=alpine
                ID_LIKE="one two"
                VERSION_ID='3.20.3'
                PRETTY_NAME="a \\"b\\" \\$c \\\\ \\d"
                VERSION_CODENAME=
                EMPTY=""
                VERSION_ID=3.20.4
                """)
        #expect(release.id == "alpine")
        #expect(release.like == ["one", "two"])
        #expect(release.version == "3.20.4")
        #expect(release["PRETTY_NAME"] == #"a "b" $c \ \d"#)
        #expect(release.codename == "")
        #expect(release["EMPTY"] == "")
        #expect(OSRelease(parsing: "").id == "linux")
    }
}
