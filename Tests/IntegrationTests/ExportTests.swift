// SPDX-License-Identifier: Apache-2.0

import Filesystem
import SystemPackage
import Testing

extension IntegrationTests {
    @Suite struct ExportTests {
        @Test(arguments: [Who.root, .delegated], ["tar", "tar.gz", "tar.zst", "tar.xz"])
        func whatIsExportedIsTheRoot(who: Who, ending: String) throws {
            try Home.with(who) { (home) throws in
                let change = "cd /etc; echo text > file; chown 7:8 file; chmod 4751 file; ln file second"
                #expect(try home.shell(change).status == 0)
                let file = home.work.appending("box.\(ending)")
                let exported = try home.mangrove("export", "box", file.string)
                #expect(exported.status == 0, "\(exported.errors)")
                let made = try home.mangrove("create", "copy", "--from", file.string, "--arch", "amd64")
                #expect(made.status == 0, "\(made.errors)")
                let question = "stat -c '%a %u:%g %h %s' /etc/file; cat /etc/second; readlink /bin/sh; stat -c %a /tmp"
                let copy = try home.mangrove("run", "copy", "--", "sh", "-c", question)
                #expect(copy.output == (who == .single ? "" : "4751 7:8 2 5\ntext\nbusybox\n1777\n"))
            }
        }
    }
}
