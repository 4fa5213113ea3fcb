// SPDX-License-Identifier: Apache-2.0

import Filesystem
import SystemPackage
import Testing

@Suite struct MountTableTests {
    @Test func decodesEscapesAndComparesByComponent() {
        let table = MountTable(
            parsing: Array(
                """
                22 1 0:20 / / rw shared:1 - ext4 /dev/sda1 rw
                30 22 0:21 / /srv/al\\040pine rw - tmpfs tmpfs rw
                31 22 0:22 / /srv/alpine rw shared:2 master:1 - tmpfs tmpfs rw
                32 22 0:23 / /srv/alpine2 rw - tmpfs tmpfs rw
                33 31 0:24 / /srv/alpine/proc rw - proc proc rw
                a broken line

                """.utf8))
        #expect(table.mounts.count == 5)
        #expect(table.mounts(under: "/srv/alpine").map(\.point) == ["/srv/alpine", "/srv/alpine/proc"])
        #expect(table.mounts(under: "/srv/al pine").map(\.fileSystem) == ["tmpfs"])
        #expect(table.mounts(under: "/srv/alpine3").isEmpty)
    }
}
