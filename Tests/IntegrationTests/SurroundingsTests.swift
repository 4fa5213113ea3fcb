// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// What a command finds around it.
    @Suite struct SurroundingsTests {
        /// With one id no file can be another's; what packages do when they are installed must not fail for that.
        @Test(arguments: Who.allCases)
        func filesAreGivenToOthersAsFarAsThereAreIds(who: Who) throws {
            try Home.with(who) { (home) throws in
                let script = """
                    cd /; touch f; ln -s f l; b=busybox
                    $b chown 7:8 f && $b chown 7 f && $b chown :8 f && $b chown -h 7:8 l && echo given
                    stat -c %u:%g f l
                    $b chown 0:0 f && echo back; $b chown 0:0 missing 2>/dev/null || echo missing
                    """
                let ids = who == .single ? "0:0" : "7:8"
                #expect(try home.shell(script).output == "given\n\(ids)\n\(ids)\nback\nmissing\n")
            }
        }

        @Test(arguments: Who.allCases)
        func theCurrentDirectoryIsSharedAndItsFilesAreTheUsers(who: Who) throws {
            try Home.with(who) { (home) throws in
                let outcome = try home.shell("pwd; echo made > file; mkdir dir")
                #expect(outcome == .init(status: 0, output: "\(home.work)\n", errors: ""))
                for name in ["file", "dir"] {
                    let status = try #require(try Directory.open(home.work).status(of: FilePath.Component(name)!))
                    #expect(status.user == who.ids.user)
                    #expect(status.group == who.ids.group)
                }
            }
        }

        @Test(arguments: Who.allCases)
        func directoriesAndFilesAreMountedWhereAsked(who: Who) throws {
            try Home.with(who) { (home) throws in
                try home.work.appending("d").makeDirectories()
                try AtomicFile.write(Array("old\n".utf8), to: home.work.appending("f"))
                #expect(try home.run("true").status == 0)
                chown(home.work.appending("d").string, who.ids.user, who.ids.group)
                chown(home.work.appending("f").string, who.ids.user, who.ids.group)
                let outcome = try home.shell(
                    """
                    cat /data/f; echo new > /data/f; echo 1 > /w/x
                    echo 2 > /r/y; echo 3 > /ro-file; ls /r
                    """,
                    options: [
                        "--bind", "f:/data/f", "--bind", "\(home.work)/d:/w:rw", "--bind", "d:/r:ro", "--bind",
                        "f:/ro-file:ro",
                    ])
                #expect(outcome.output == "old\nx\n")
                #expect(outcome.errors.components(separatedBy: "Read-only file system").count == 3)
                #expect(try home.work.appending("f").readFile() == Array("new\n".utf8))
                #expect(try Directory.open(home.work.appending("d")).names() == ["x"])
            }
        }

        @Test(arguments: Who.allCases)
        func theEnvironmentIsTheRootsAndLittleOfTheCallers(who: Who) throws {
            try Home.with(who) { (home) throws in
                let outcome = try home.run(
                    "env", options: ["--env", "A=1=2", "--env", "TERM=vt100"],
                    environment: ["SECRET": "s3cret", "http_proxy": "http://p", "TERM": "xterm", "LD_PRELOAD": ""])
                var lines = Set(outcome.output.split(separator: "\n").map(String.init))
                if who == .single { #expect(lines.remove("APT_CONFIG=/run/mangrove-apt.conf") != nil) }
                #expect(
                    lines == [
                        "A=1=2", "HOME=/root", "LANG=C.UTF-8", "LOGNAME=root",
                        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "SHELL=/bin/sh",
                        "TERM=vt100", "USER=root", "container=mangrove", "http_proxy=http://p",
                    ])
                // PID 1 is a copy of mangrove, who has it all.
                let copy = try home.shell("cat /proc/1/environ /proc/1/mem", environment: ["SECRET": "s3cret"])
                #expect(copy.output == "")
                #expect(copy.status != 0)
            }
        }

        @Test func anotherUserCanBeAskedFor() throws {
            for who in [Who.root, .delegated] {
                try Home.with(who) { (home) throws in
                    for user in ["build", "7"] {
                        let outcome = try home.shell("id; echo $HOME $USER", options: ["--user", user])
                        #expect(outcome.output == "uid=7(build) gid=8(build) groups=8(build),9(extra)\n/home build\n")
                    }
                    #expect(try home.shell("id -u; id -g", options: ["--user", "33:44"]).output == "33\n44\n")
                }
            }
            try Home.with(.single) { (home) throws in
                let outcome = try home.run("id", options: ["--user", "build"])
                #expect(outcome.status == 125)
                #expect(outcome.errors.contains("subordinate ids"))
            }
        }

        @Test(arguments: Who.allCases)
        func theDirectoryCanBeAskedFor(who: Who) throws {
            try Home.with(who) { (home) throws in
                #expect(try home.run("pwd", options: ["--workdir", "/usr/bin"]).output == "/usr/bin\n")
                // It is the root's own there.
                #expect(try home.run("pwd", directory: "/usr").output == "/\n")
            }
        }

        @Test(arguments: Who.allCases)
        func thereCanBeNoNetworkButLoopback(who: Who) throws {
            try Home.with(who) { (home) throws in
                let outcome = try home.run("ip", "-o", "link", options: ["--no-network"])
                #expect(outcome.output.split(separator: "\n").count == 1)
                #expect(outcome.output.contains("lo: <LOOPBACK,UP,LOWER_UP>"))
            }
        }

        @Test(arguments: Who.allCases)
        func aThrowawayRunLeavesTheRootAsItWas(who: Who) throws {
            try Home.with(who) { (home) throws in
                let before = try home.contents()
                let outcome = try home.shell(
                    "echo x > /etc/new; rm /etc/group; chmod 700 /home; mkdir -p /a/b; cat /etc/new; ls /etc; echo 1 > kept",
                    options: ["--throwaway", "--bind", "\(home.work):/mnt/deep"])
                #expect(outcome == .init(status: 0, output: "x\nhosts\nnew\npasswd\n", errors: ""))
                #expect(try home.contents() == before)
                #expect(try home.work.appending("kept").readFile() == Array("1\n".utf8))
            }
        }

        @Test(arguments: Who.allCases)
        func aRunHasItsOwnProcessesNameAndDevices(who: Who) throws {
            try Home.with(who) { (home) throws in
                #expect(try home.run("hostname").output == "box\n")
                let outcome = try home.shell(
                    """
                    cat /proc/1/comm; set -- /proc/[0-9]*; test $# -lt 5 && echo few
                    echo x > /dev/null && ls /dev; wc -c < /dev/null
                    echo y > /dev/shm/z && ls /run /tmp; stat -c %a /tmp /run/lock
                    (echo > /sys/kernel/x) 2>/dev/null || echo read-only
                    """)
                #expect(outcome.errors == "")
                #expect(
                    outcome.output.split(separator: "\n").map(String.init) == [
                        "mangrove", "few", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm",
                        "stderr", "stdin", "stdout", "tty", "urandom", "zero", "0", "/run:", "lock",
                    ] + (who == .single ? ["mangrove-apt.conf"] : [])
                        + [
                            "", "/tmp:", home.scratch.lastComponent!.string, "1777", "1777", "read-only",
                        ].filter { !$0.isEmpty })
            }
        }

        @Test func optionsStandBeforeTheNameOrBetweenItAndTheDashes() throws {
            try Home.with(.delegated) { (home) throws in
                func output(_ arguments: String...) throws -> String {
                    try home.start(["run"] + arguments).wait().output
                }
                #expect(try output("--env", "A=1", "box", "--", "sh", "-c", "echo $A") == "1\n")
                #expect(try output("box", "--env", "A=2", "--", "sh", "-c", "echo $A") == "2\n")
                #expect(try output("box", "sh", "-c", "echo three") == "three\n")
                #expect(try output("box", "echo", "--", "--env", "A=4") == "-- --env A=4\n")
                #expect(try output("box", "--", "echo", "--help", "--") == "--help --\n")
            }
        }
    }
}
