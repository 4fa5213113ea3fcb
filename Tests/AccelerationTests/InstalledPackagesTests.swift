// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct InstalledPackagesTests {
    private func packages(_ path: String, _ text: String) throws -> InstalledPackages? {
        try withScratchDirectory { tree in
            let file = tree.appending(path)
            try file.removingLastComponent().makeDirectories()
            try AtomicFile.write(Array(text.utf8), to: file)
            return try InstalledPackages(of: Directory.open(tree))
        }
    }

    @Test func dpkgsDatabaseIsRead() throws {
        let found = try packages(
            "var/lib/dpkg/status",
            """
            Package: bash
            Status: install ok installed
            Architecture: arm64
            Version: 5.2.15-2+b13
            Conffiles:
             /etc/skel/.bashrc 0

            Package: gone
            Status: deinstall ok config-files
            Architecture: arm64
            Version: 1

            Package: libc6
            Architecture: arm64
            Status: hold ok unpacked
            Version: 1:2.36-9
            """)
        #expect(found?.manager == .dpkg)
        #expect(found?.names == ["bash", "libc6"])
        #expect(found?["bash"]?.version == "5.2.15-2+b13")
        #expect(found?["bash"]?.upstreamVersion == "5.2.15")
        #expect(found?["libc6"]?.upstreamVersion == "2.36")
        #expect(found?["libc6"]?.isHeld == true && found?["bash"]?.isHeld == false)
        #expect(found?.versions == ["bash": "5.2.15-2+b13", "libc6": "1:2.36-9"])
    }

    @Test func apksDatabaseIsRead() throws {
        let found = try packages(
            "lib/apk/db/installed",
            """
            C:Q1abc=
            P:busybox
            V:1.36.1-r29
            A:aarch64
            F:bin
            R:busybox
            a:0:0:755
            F:etc
            R:securetty

            P:musl
            V:1.2.5-r0
            A:aarch64
            F:lib
            R:ld-musl-aarch64.so.1

            """)
        #expect(found?.manager == .apk)
        #expect(found?["busybox"]?.upstreamVersion == "1.36.1")
        try withScratchDirectory { tree in
            let directory = try Directory.open(tree)
            let files = found.map { [$0.files(of: "busybox", in: directory), $0.files(of: "musl", in: directory)] }
            #expect(files == [["/bin/busybox", "/etc/securetty"], ["/lib/ld-musl-aarch64.so.1"]])
        }
    }

    @Test func aTreeWithoutADatabaseHasNone() throws {
        try withScratchDirectory { tree in
            let directory = try Directory.open(tree)
            let found = try InstalledPackages(of: directory)
            #expect(found == nil)
            #expect(try InstalledPackages.state(of: directory) == nil)
        }
    }
}
