// SPDX-License-Identifier: Apache-2.0

import Architectures
import Filesystem
import Fixtures
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// Real packages of Debian's: a root of another architecture, accelerated while it is made and afterwards.
    @Suite struct AcceleratedDebianTests {
        private struct Row: Decodable {
            struct Spent: Decodable {
                let executions: Int
            }
            let program: String
            let native: Spent
            let emulated: Spent
            let reasons: [String: Int]
        }

        private static func with(_ body: (Home, PackageMirror, FilePath) throws -> Void) async throws {
            guard Architecture.host == .amd64 else { return print("not tried here: the archive is for amd64") }
            try await Signer.with { signer in
                guard chmod(signer.scratch.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
                let mirror = try PackageMirror(in: signer.scratch, signer: signer)
                guard try await DebianMirror.publish(to: mirror, for: [.amd64, .arm64]) != nil else { return }
                try Home.with(.root) { home in
                    let distros = try mirror.beDebian(codename: DebianMirror.suite, for: .arm64, home: home)
                    try body(home, mirror, distros)
                }
            }
        }

        /// Executes `script` in the root. Returns what it wrote, and the profile's rows by program.
        private static func run(
            _ script: String, _ home: Home, _ distros: FilePath, _ options: [String] = []
        ) throws -> (output: String, profile: [String: Row]) {
            let outcome = try home.start(
                ["run", "--accelerate", "--profile", "--format", "json"] + options + [
                    "deb", "--", "sh", "-ec", script,
                ],
                environment: ["MANGROVE_DISTROS": distros.string]
            ).wait(seconds: 300)
            try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            let begin = try #require(outcome.errors.firstIndex(of: "["), "\(outcome.errors)")
            let rows = try JSONDecoder().decode([Row].self, from: Data(outcome.errors[begin...].utf8))
            return (outcome.output, Dictionary(uniqueKeysWithValues: rows.map { ($0.program, $0) }))
        }

        /// What was installed is a file that the table does not know, or one that took the number of another.
        private static let reasons: Set = [
            "no native equivalent", "it, or a file it depends on, has changed",
        ]

        // One root for all: it takes most of the time.
        @Test func aRootIsAcceleratedWhateverHappensInIt() async throws {
            try await Self.with { home, mirror, distros in
                let made = try home.start(
                    ["create", "deb", "debian:12", "--accelerate"], environment: ["MANGROVE_DISTROS": distros.string]
                ).wait(seconds: 300)
                try #require(made.status == 0, "\(made.errors)")
                try Self.uses(home, distros)
                try Self.processesOfAllKinds(home, distros)
                try Self.privileges(home, distros)
                try Self.attacks(home, distros)
                try Self.toolchain(home, distros)
                try Self.git(home, mirror, distros)
                try Self.python(home, distros)
                try Self.replacements(home, mirror, distros)
            }
        }

        /// What native programs say is what they say emulated: `scripts/sweep`, its short form.
        private static func uses(_ home: Home, _ distros: FilePath) throws {
            let scripts = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
                .appending("scripts/benchmarks/sweep.py")
            let sweep = try Program(
                [
                    "/usr/bin/python3", scripts.string, "--short", "--release", "debian:12", "--in",
                    home.directory.appending("deb").string,
                ],
                environment: [
                    "MANGROVE": Installation.program.string, "MANGROVE_DISTROS": distros.string,
                    "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1",
                ], directory: home.work)
            let outcome = try sweep.wait(seconds: 600)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("differences without a reason: 0"), "\(outcome.output)\(outcome.errors)")
        }

        /// Other users, and namespaces in which nothing is to be seen of the tools tree.
        private static func processesOfAllKinds(_ home: Home, _ distros: FilePath) throws {
            let script = """
                show() { "$@" 2>&1 | sed -n 1p; }
                show setpriv --reuid=65534 --regid=65534 --clear-groups sed --version
                show su -s /bin/sh nobody -c 'sed --version'
                show setpriv --no-new-privs sed --version
                show setpriv --ruid=65534 sed --version
                show chroot --userspec=65534 / sed --version
                show unshare --mount sed --version
                show unshare --pid --fork --mount-proc sed --version
                show unshare --mount sh -c 'mount -t tmpfs none /run && exec sed --version'
                show unshare --mount sh -c 'mount -t tmpfs none /proc && exec sed --version'
                show unshare --mount sh -c 'mount --bind /usr /usr && exec sed --version'
                show unshare --mount sh -c 'mount --rbind / /mnt && exec chroot /mnt sed --version'
                show sh -c 'ulimit -n 5; ulimit -s 256; exec sed --version'
                mkdir -p /tmp/other/sbin
                cp /sbin/ldconfig /tmp/other/sbin
                show chroot /tmp/other /sbin/ldconfig --version
                """
            let (output, profile) = try run(script, home, distros)
            let lines = output.split(separator: "\n")
            #expect(lines.dropLast() == ArraySlice(repeating: "sed (GNU sed) 4.9", count: 12), "\(lines)")
            // With another user's rights than its real user's: then the loader is careful, and so is the dispatcher.
            let privileged = "setuid or setgid"
            #expect(profile["/usr/bin/sed"]?.reasons == [privileged: 1])
            #expect(lines.last?.hasPrefix("ldconfig (Debian GLIBC 2.36") == true)
        }

        /// A setuid program has its rights where that was asked for, which a native one would not.
        private static func privileges(_ home: Home, _ distros: FilePath) throws {
            let script = "exec setpriv --reuid=65534 --regid=65534 --clear-groups passwd -S"
            let plain = try run(script, home, distros)
            #expect(plain.output == "nobody P\n")
            let privileged = try run(script, home, distros, ["--setuid"])
            #expect(privileged.output.hasPrefix("nobody L "))
            #expect(privileged.profile["/usr/bin/passwd"]?.native.executions == 0)
        }

        /// What all runs share cannot be changed by one: the interpreter, the dispatcher before it, the tools tree.
        private static func attacks(_ home: Home, _ distros: FilePath) throws {
            let script = """
                try() { if (eval "$1") >/dev/null 2>&1; then echo "$1"; fi; }
                # A copy is another file than that which the host's stands in for.
                cp /usr/bin/sleep /tmp/emulated
                /tmp/emulated 60 &
                exec 9</proc/$!/exe
                kill $!
                wait $! || true
                [ "$(dd bs=1 skip=1 count=3 <&9 2>/dev/null)" = ELF ] && echo "an interpreter"
                try 'echo x >> /proc/self/fd/9'
                try 'chmod 777 /proc/self/fd/9'
                for place in /run/mangrove/tools /run/mangrove/tools/usr/bin; do
                    [ -d $place ] && echo "a directory"
                    try "touch $place/new"
                    try "rm $place/sed"
                    try "mount -o remount,bind,rw $place"
                done
                try 'umount /run/mangrove/tools'
                try 'unshare --user --map-root-user --mount umount /run/mangrove/tools'
                """
            let (output, _) = try run(script, home, distros)
            #expect(output == "an interpreter\na directory\na directory\n")
        }

        /// An unpacked toolchain's programs, which need the host's loader and libraries; no trace is left of it.
        private static func toolchain(_ home: Home, _ distros: FilePath) throws {
            let compiler = home.scratch.pushing("chain/bin/x-gcc")
            try compiler.removingLastComponent().makeDirectories()
            try AtomicFile.write(
                FilePath("/usr/bin/echo").readFile(), to: compiler, permissions: FilePermissions(rawValue: 0o755))
            let options = ["--toolchain", home.scratch.appending("chain").string]
            #expect(try run("${CROSS_COMPILE}gcc words", home, distros, options).output == "words\n")
            #expect(!FileManager.default.fileExists(atPath: home.tree("deb").string + Architecture.host.loader))
        }

        /// In the shared directory, by native programs and emulated; and what emulated ones cannot do.
        private static func git(_ home: Home, _ mirror: PackageMirror, _ distros: FilePath) throws {
            try AtomicFile.write(mirror.directory.appending("key.gpg").readFile(), to: home.work.appending("key.gpg"))
            let install = """
                cp key.gpg /etc/apt/trusted.gpg.d/test.gpg
                apt-get -qq update
                DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install git python3 >log 2>&1 || cat log
                """
            #expect(try run(install, home, distros).output == "")
            let native = try run(DebianUses.git + "\nrm -r repo clone", home, distros)
            #expect(native.output == DebianUses.cloned)
            #expect((native.profile["/usr/bin/git"]?.native.executions ?? 0) > 0)
            let script =
                DebianUses.git + "\nunshare --user true 2>&1 || unshare --pid --fork --mount-proc ls -d /proc/1"
            let emulated = try home.start(["run", "--no-accelerate", "deb", "--", "sh", "-c", script]).wait(
                seconds: 120)
            let refused = "unshare: unshare failed: Invalid argument\n/proc/1\n"
            #expect(emulated.output == DebianUses.cloned + refused, "\(emulated.errors)")
            for name in ["repo", "clone"] {
                try Directory.open(home.work).removeTree(FilePath.Component(name) ?? "repo")
            }
        }

        /// Code that is examined: of a script and a module beside it, of one that is refused, of modules run by name.
        private static func python(_ home: Home, _ distros: FilePath) throws {
            let script = #"""
                printf 'import platform, sys, sysconfig\nimport beside\nprint(sys.argv, __file__, beside.x)\n' >script.py
                printf 'print(platform.machine(), sysconfig.get_platform())\nbeside.f()\n' >>script.py
                printf 'x = 1\ndef f():\n    raise ValueError(x)\n' >beside.py
                cp /usr/lib/python3.11/json/*.py .
                touch -d @1700000000 *.py
                python3 script.py a 2>&1 || echo $?
                python3 -c 'import math; print(math.floor(1.5))' x
                python3 -m compileall -q .
                cksum __pycache__/*
                rm -r *.py __pycache__
                """#
            let (output, profile) = try run(script, home, distros)
            #expect(output.contains("ValueError: 1\n1\n1\n"), "\(output)")
            let counts = profile["/usr/bin/python3.11"].map { [$0.native.executions, $0.emulated.executions] }
            #expect(counts == [3, 1])
            let emulated = try home.start(["run", "--no-accelerate", "deb", "--", "sh", "-ec", script]).wait(
                seconds: 120)
            #expect(emulated.output == output, "\(emulated.errors)")
        }

        /// Files that are replaced by packages and by hand in a run that uses them.
        private static func replacements(_ home: Home, _ mirror: PackageMirror, _ distros: FilePath) throws {
            for (name, path) in [("sed.deb", DebianMirror.pool("sed", "arm64")), ("key.gpg", "key.gpg")] {
                try AtomicFile.write(
                    mirror.directory.pushing(FilePath(path)).readFile(limit: 1 << 24),
                    to: home.work.appending(name))
            }

            let script = """
                # A package with a higher version, made and installed in the run.
                dpkg-deb -R sed.deb /tmp/sed
                sed -i 's/^Version: .*/Version: 9:4.9-1/' /tmp/sed/DEBIAN/control
                dpkg-deb -b /tmp/sed /tmp/new.deb >/dev/null
                dpkg -i /tmp/new.deb >/dev/null
                echo a | sed s/a/b/
                dpkg-query -W -f '${Version}\n' sed
                # By hand: what it is from now on shows.
                cp /usr/bin/echo /tmp/nice
                nice true
                mv /tmp/nice /usr/bin/nice
                nice says echo
                uname -m; dpkg --print-architecture; dpkg --audit
                # apt, and then everything that it is made of.
                cp key.gpg /etc/apt/trusted.gpg.d/test.gpg
                apt-get -qq update
                export DEBIAN_FRONTEND=noninteractive
                apt-get -qq -y --allow-downgrades install sed/bookworm hello >/tmp/log 2>&1 || cat /tmp/log
                hello
                apt-get -qq -y --reinstall install tar dpkg bash dash coreutils libc6 >/tmp/log 2>&1 || cat /tmp/log
                bash -c 'echo $((6 * 7)) $HOSTTYPE'; tar --version | sed -n 1p; dpkg --audit
                """
            let (output, profile) = try Self.run(script, home, distros)
            let said = "b\n9:4.9-1\nsays echo\naarch64\narm64\nHello, world!\n42 aarch64\ntar (GNU tar) 1.34\n"
            #expect(output == said)
            func spent(_ program: String) throws -> (native: Int, emulated: Int) {
                let row = try #require(profile["/usr/bin/\(program)"])
                #expect(Self.reasons.isSuperset(of: row.reasons.keys), "\(program): \(row.reasons)")
                return (row.native.executions, row.emulated.executions)
            }
            for name in ["sed", "tar", "dpkg", "bash", "dpkg-deb"] {
                let (native, emulated) = try spent(name)
                #expect(native > 0 && emulated > 0, "\(name): \(native) \(emulated)")
            }
            #expect(try spent("nice") == (1, 1))
            #expect(try spent("apt-get") == (3, 0))

            // The next run knows the new files.
            let after = try Self.run("echo a | sed s/a/c/; bash -c true; tar --version | sed -n 1p", home, distros)
            #expect(after.output == "c\ntar (GNU tar) 1.34\n")
            for name in ["sed", "bash", "tar", "dash"] {
                let row = try #require(after.profile["/usr/bin/\(name)"] ?? after.profile["/bin/\(name)"])
                #expect(row.native.executions > 0 && row.emulated.executions == 0, "\(name): \(row.reasons)")
            }
        }
    }
}
