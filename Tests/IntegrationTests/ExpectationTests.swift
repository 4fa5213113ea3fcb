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

        /// Home and system directories are not mounted because they happen to be current.
        @Test(arguments: Who.allCases)
        func aDirectoryThatIsNotSharedIsSaid(who: Who) throws {
            try Home.with(who) { (home) throws in
                let secret = home.scratch.appending("secret")
                try AtomicFile.write([], to: secret)
                for directory in ["/usr", "/etc", "/var/tmp", home.scratch, home.scratch.removingLastComponent()] {
                    let words =
                        "mangrove: not sharing the current directory \(directory): "
                        + "running in /; --bind . shares it\n"
                    let run = try home.shell("pwd; cat \(secret) 2>&-", directory: directory)
                    #expect(run == .init(status: 1, output: "/\n", errors: words))
                    #expect(try home.run("pwd", options: ["--workdir", "/etc"], directory: directory).errors.isEmpty)
                }
                let words = "not sharing the current directory /: running in /; --bind /:/host"
                #expect(try home.run("pwd", directory: "/").errors == "mangrove: \(words) shares it\n")
                // Whoever insists has it, and works there. A project below is as ever.
                for (options, place) in [(["--bind", "."], home.scratch), ([], home.work)] {
                    let bound = try home.run("pwd", options: options, directory: place)
                    #expect(bound == .init(status: 0, output: "\(place)\n", errors: ""))
                }
            }
        }

        /// Told by what it is: another path to it makes no difference.
        @Test func aHomeDirectoryIsKnownUnderAnotherName() throws {
            try Home.with(.root) { (home) throws in
                let script = "mount --bind \(home.scratch) \(home.work) && cd \(home.work) && exec \"$@\""
                let before = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", script, "sh"]
                let run = try home.start(["run", "box", "--", "pwd"], before: before).wait()
                #expect(run.output == "/\n")
                #expect(run.errors.contains("not sharing the current directory \(home.work)"))
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
                #expect(made.errors.contains("using the system below rootfs/"), "\(made.errors)")
                #expect(try home.mangrove("run", "new", "--", "echo", "works").output == "works\n")
            }
        }
    }
}
