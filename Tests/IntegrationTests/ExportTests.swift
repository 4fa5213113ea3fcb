// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Glibc
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

        /// What pbuilder and sbuild need of a base, and mangrove itself does not.
        @Test(arguments: [[], ["--reproducible"]])
        func aChrootHasDeviceNodes(options: [String]) throws {
            try Home.with(.root) { home in
                let exported = try home.start(
                    ["export", "box", "box.tar", "--chroot"] + options, environment: ["SOURCE_DATE_EPOCH": "0"]
                ).wait()
                #expect(exported.status == 0, "\(exported.errors)")
                let chroot = home.work.appending("chroot")
                try chroot.makeDirectories()
                let unpacked = try Program(
                    ["/usr/bin/tar", "-C", chroot.string, "-xpf", home.work.appending("box.tar").string],
                    environment: [:], directory: home.work
                ).wait()
                #expect(unpacked.status == 0, "\(unpacked.errors)")
                let question =
                    "stat -c '%n %a %t:%T' /dev/null /dev/tty /dev/console; readlink /dev/ptmx; stat -c '%a %F' /run/lock; "
                    + "echo x > /dev/null; head -c 2 /dev/zero | wc -c"
                let answer = try Program(
                    ["/usr/sbin/chroot", chroot.string, "/bin/busybox", "sh", "-c", question],
                    environment: ["PATH": "/bin"], directory: home.work
                ).wait()
                #expect(
                    answer.output == """
                        /dev/null 666 1:3
                        /dev/tty 666 5:0
                        /dev/console 600 5:1
                        pts/ptmx
                        1777 directory
                        2

                        """, "\(answer.errors)")
                // They are of no use to a root.
                let copy = try home.mangrove("create", "copy", "--from", "box.tar", "--arch", "amd64")
                #expect(copy.status == 0, "\(copy.errors)")
                #expect(try Directory.open(home.tree("copy").appending("dev")).status(of: "null") == nil)
                let image = try home.mangrove("export", "box", "oci-layout:image", "--chroot")
                #expect(image.status == 64 && image.errors.contains("--chroot"))
            }
        }

        /// A bind mount may be of the tree's own file system.
        @Test func whatIsMountedInTheTreeIsNotExported() throws {
            try Home.with(.root) { home in
                let secret = home.scratch.appending("secret")
                try secret.makeDirectories()
                try AtomicFile.write(Array("not to be seen".utf8), to: secret.appending("file"))
                let points = [(secret, "mnt"), (secret.appending("file"), "etc/group")]
                try home.tree().appending("mnt").makeDirectories()
                defer { for (_, to) in points { umount2(home.tree().pushing(FilePath(to)).string, Int32(MNT_DETACH)) } }
                for (from, to) in points {
                    let target = home.tree().pushing(FilePath(to)).string
                    try #require(mount(from.string, target, nil, UInt(MS_BIND), nil) == 0)
                }
                let exported = try home.mangrove("export", "box", "out.tar")
                #expect(
                    exported.status == 0 && exported.errors.contains("left out: mnt/*: a mount"), "\(exported.errors)")
                #expect(exported.errors.contains("left out: etc/group: a mount"))
                let archive = try home.work.appending("out.tar").readFile()
                #expect(String(decoding: archive, as: UTF8.self).contains("not to be seen") == false)
            }
        }

        @Test(arguments: ["/", ".", "..", "", "/dev/stdout", "pipe", "node", "link"])
        func nothingButAFileIsReplaced(name: String) throws {
            try Home.with(.root) { home in
                try #require(mkfifo(home.work.appending("pipe").string, 0o644) == 0)
                try #require(mknod(home.work.appending("node").string, S_IFCHR | 0o644, dev_t(0x103)) == 0)
                try Directory.open(home.work).makeSymbolicLink("link", to: "/dev/null")
                let refused = try home.mangrove("export", "box", name, "--compression", "none")
                #expect(refused.status == 73 && refused.output.isEmpty, "\(refused.errors)")
                let names = try Directory.open(home.work).names().map(\.string).sorted()
                #expect(names == ["link", "node", "pipe"])
                let kinds = try ["pipe", "node", "link"].map { try Directory.open(home.work).status(of: $0)?.kind }
                #expect(kinds == [.fifo, .characterDevice, .symbolicLink])
            }
        }

        /// In a directory of somebody else's, who puts a link in the place of what is being written.
        @Test func whatIsWrittenIsWhatWasMade() throws {
            try Home.with(.root) { home in
                let victim = home.scratch.appending("victim")
                try AtomicFile.write(Array("keep".utf8), to: victim)
                let swap = """
                    import os, sys, time
                    end = time.time() + 20
                    while time.time() < end:
                        for name in os.listdir("."):
                            if name.endswith(".new"):
                                os.unlink(name)
                                os.symlink(sys.argv[1], name)
                                sys.exit()
                    """
                for _ in 0..<8 {
                    let program = try Program(
                        ["/usr/bin/env", "python3", "-c", swap, victim.string], environment: ["PATH": "/usr/bin:/bin"],
                        directory: home.work)
                    _ = try home.mangrove("export", "box", "out.tar")
                    program.send(SIGKILL)
                    #expect(try victim.readFile() == Array("keep".utf8))
                    for name in try Directory.open(home.work).names() { try Directory.open(home.work).unlink(name) }
                }
            }
        }
    }
}
