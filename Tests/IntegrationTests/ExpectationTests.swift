// SPDX-License-Identifier: Apache-2.0

import Architectures
import Emulation
import Filesystem
import SystemPackage
import Testing

extension IntegrationTests {
    /// What a user takes for granted, and is told of where it is otherwise.
    @Suite struct ExpectationTests {
        @Test(arguments: Who.allCases)
        func theUmaskIsTheCallers(who: Who) throws {
            try Home.with(who) { (home) throws in
                let command = ["run", "box", "--", "sh", "-c", "touch file; mkdir dir; umask"]
                let run = try home.start(command, before: ["/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"]).wait()
                #expect(run == .init(status: 0, output: "0077\n", errors: ""))
                #expect(try Directory.open(home.work).status(of: "file")?.permissions == 0o600)
                #expect(try Directory.open(home.work).status(of: "dir")?.permissions == 0o700)
                #expect(try home.run("umask").output.isEmpty)
                #expect(try home.shell("umask").output == "0022\n")
            }
        }

        @Test func aDirectoryThatIsNotSharedIsSaid() throws {
            try Home.with(.root) { (home) throws in
                let words = "mangrove: /usr is not shared with the root: running in /root; --bind /usr shares it\n"
                #expect(try home.run("pwd", directory: "/usr") == .init(status: 0, output: "/root\n", errors: words))
                for options in [["--workdir", "/etc"], []] {
                    let run = try home.run("pwd", options: options, directory: options.isEmpty ? "/" : "/usr")
                    #expect(run.errors.isEmpty)
                }
                // Whoever insists has it, and works there.
                let bound = try home.run("pwd", options: ["--bind", "."], directory: "/var/tmp")
                #expect(bound == .init(status: 0, output: "/var/tmp\n", errors: ""))
            }
        }

        @Test(arguments: Who.allCases)
        func localhostAndTheRootsNameAreInItsHosts(who: Who) throws {
            try Home.with(who) { (home) throws in
                // As in a root that an earlier edition made.
                try Directory.open(home.tree().appending("etc")).unlink("hosts")
                let hosts = try home.run("cat", "/etc/hosts").output
                #expect(hosts.contains("127.0.0.1\tlocalhost\n") && hosts.contains("127.0.1.1\tbox\n"))
                let file = home.work.appending("box.tar")
                #expect(try home.mangrove("export", "box", file.string).status == 0)
                let listed = try Program(
                    ["/bin/tar", "-tf", file.string], environment: [:], directory: home.work
                ).wait()
                #expect(listed.output.contains("./etc/passwd\n"))
                #expect(!listed.output.contains("hosts"), "\(listed.output)")
            }
        }

        @Test(arguments: Who.allCases)
        func filesLeftBesideTheSharedDirectoryAreNamed(who: Who) throws {
            try Home.with(who) { (home) throws in
                // Below /tmp, which is the run's own.
                let script = "echo 1 > ../hello.deb; echo 2 > ../.hidden; mkdir ../dir; sleep 0.3"
                let gone = try home.shell(script)
                #expect(gone.status == 0)
                #expect(
                    gone.errors.hasPrefix("mangrove: hello.deb: left in \(home.scratch) of the run"), "\(gone.errors)")
                // In the root's tree.
                let place = FilePath("/srv/mangrove-test-\(home.scratch.lastComponent?.string ?? "")")
                try place.appending("work").makeDirectories()
                try home.own(place)
                defer { try? Directory.open("/srv").removeTree(place.lastComponent ?? "x") }
                for (command, isSaid) in [("echo 1 > ../a.deb", true), ("true", false), ("echo 3 > ../a.deb", true)] {
                    let run = try home.shell(command, directory: place.appending("work"))
                    #expect(run.status == 0)
                    #expect(run.errors.contains("a.deb: left in \(place) of the root") == isSaid, "\(run.errors)")
                }
                let path = home.tree().appending(FilePath("\(place)/a.deb".dropFirst().description).components)
                #expect(try path.readFile() == Array("3\n".utf8))
            }
        }

        @Test(arguments: Who.allCases)
        func programsOfTheOtherArchitectureOfSuchMachinesRunToo(who: Who) throws {
            guard Architecture.host == .amd64, (try? Interpreter.find(.arm64)) != nil,
                (try? Interpreter.find(.armhf)) != nil
            else { return print("not tried here: it takes qemu for arm64 and armhf on amd64") }
            try Home.with(who) { (home) throws in
                try home.add("both", architecture: "arm64") { tree in
                    for name in ["etc", "proc", "run", "tmp", "usr/bin"] {
                        try tree.appending(FilePath(name).components).makeDirectories()
                    }
                    for architecture in [Architecture.arm64, .armhf] {
                        try AtomicFile.write(
                            architecture.probeProgram, to: tree.pushing(FilePath("usr/bin/\(architecture)")),
                            permissions: FilePermissions(rawValue: 0o755))
                    }
                }
                for program in ["arm64", "armhf", "armhf"] {
                    let run = try home.start(["run", "both", "--", "/usr/bin/\(program)"]).wait()
                    #expect(run.status == 42, "\(program): \(run.errors)")
                }
            }
        }

        @Test(arguments: [Who.root, .delegated])
        func aTarballOfADirectoryBecomesARoot(who: Who) throws {
            try Home.with(who) { (home) throws in
                let scratch = home.scratch.appending("made")
                try Busybox.make(in: scratch.appending("rootfs"))
                let file = home.work.appending("enclosed.tar")
                let packed = try Program(
                    ["/bin/tar", "-cf", file.string, "rootfs"], environment: [:], directory: scratch
                ).wait()
                #expect(packed.status == 0, "\(packed.errors)")
                try home.own(home.work)
                let made = try home.mangrove("create", "new", "--from", file.string, "--arch", "amd64")
                #expect(made.status == 0, "\(made.errors)")
                #expect(made.errors.contains("lies below rootfs/"), "\(made.errors)")
                #expect(try home.mangrove("run", "new", "--", "echo", "works").output == "works\n")
            }
        }
    }
}
