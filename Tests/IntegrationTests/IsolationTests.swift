// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// What a command that means harm cannot do: one test or more for each sentence of docs/isolation.md.
    @Suite struct IsolationTests {
        /// What a run may do: in the same words as what it may not, so that those do not fail for the words.
        private static let harmless = [
            "mount -t tmpfs t /usr/bin && mount -o remount,bind,ro /usr/bin && umount -l /usr/bin",
            "mount -o bind /bin /usr/bin && umount /usr/bin",
            "mount -t proc p /usr/bin && test -r /usr/bin/sys/kernel/core_pattern && umount /usr/bin",
            "busybox unshare -U -r -m -p -f sh -c \"mount -t proc p /usr/bin && test -r /usr/bin/sys/kernel/core_pattern\"",
            "touch /tmp/own && chmod 600 /tmp/own && mv /tmp/own /tmp/other && rm /tmp/other",
            "busybox mkfifo /tmp/pipe && busybox chown 0 /tmp/pipe",
        ]

        /// Every line of `attempts` is tried in `box`; those that succeed are returned.
        private func succeeding(_ attempts: String, in home: Home, options: [String] = []) throws -> [String] {
            let script = """
                while read -r attempt; do
                    if (eval "$attempt") </dev/null >/dev/null 2>&1; then echo "$attempt"; fi
                done
                """
            let program = try home.start(["run"] + options + ["box", "--", "sh", "-c", script], input: .pipe)
            program.write(attempts + "\n")
            program.closeInput()
            let outcome = try program.wait()
            #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
            return outcome.output.split(separator: "\n").map(String.init)
        }

        @Test(arguments: Who.allCases) func whatIsHarmlessWorks(who: Who) throws {
            try Home.with(who) { (home) throws in
                let done = try succeeding(Self.harmless.joined(separator: "\n"), in: home)
                #expect(Self.harmless.filter { !done.contains($0) } == [])
            }
        }

        @Test(arguments: Who.allCases, [[], ["--throwaway"], ["--user", "build"], ["--setuid"]])
        func theKernelsSettingsCannotBeWritten(who: Who, options: [String]) throws {
            guard who != .single || !options.contains("build") else { return }
            try Home.with(who) { (home) throws in
                let attempts = """
                    echo x > /proc/sys/kernel/core_pattern
                    echo 3 > /proc/sys/vm/drop_caches
                    echo 1 > /proc/sys/fs/suid_dumpable
                    echo h > /proc/sysrq-trigger
                    echo 1 > /proc/irq/default_smp_affinity
                    echo mem > /sys/power/state
                    echo 0 > /sys/fs/cgroup/cgroup.procs
                    mkdir /sys/fs/cgroup/new
                    ls /sys/kernel/debug/sleep_time
                    test -e /proc/kcore && test -s /proc/kcore
                    test -s /proc/keys
                    test -s /proc/timer_list
                    ls /sys/firmware/*
                    mount -o remount,rw /sys
                    mount -o remount,bind,rw /proc/sys
                    mount -o remount,bind,rw /proc/sysrq-trigger
                    umount /proc/sys
                    umount -l /proc
                    umount /proc/keys
                    umount -l /sys
                    umount -l /dev
                    mount -o remount,bind,dev /
                    mount -o remount,bind,suid,dev /home/w
                    busybox unshare -U -r -m sh -c "umount /proc/sys"
                    mount -t proc p /usr/bin && echo x > /usr/bin/sys/kernel/core_pattern
                    mount -t sysfs s /usr/bin && echo mem > /usr/bin/power/state
                    busybox unshare -U -r -m -p -f sh -c "mount -t proc p /usr/bin && echo x > /usr/bin/sys/kernel/core_pattern"
                    echo 1 > /proc/sys/fs/binfmt_misc/status
                    """
                #expect(
                    try succeeding(attempts, in: home, options: options + ["--bind", "\(home.work):/home/w"]) == [])
                #expect(try FilePath("/proc/sys/kernel/core_pattern").readFile() != Array("x\n".utf8))
            }
        }

        /// Names of sockets that are no files belong to the network.
        @Test(arguments: Who.allCases) func withoutANetworkTheHostsSocketsAreNotThere(who: Who) throws {
            try Home.with(who) { (home) throws in
                let name = "mangrove-test-\(getpid())-\(who)"
                var address = sockaddr_un()
                address.sun_family = sa_family_t(AF_UNIX)
                withUnsafeMutableBytes(of: &address.sun_path) { $0[1...].copyBytes(from: Array(name.utf8)) }
                let length = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path)! + 1 + name.utf8.count)
                let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
                defer { close(listener) }
                let bound = withUnsafePointer(to: &address) { address in
                    address.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) }
                }
                #expect(bound == 0)
                let count = "grep -c @\(name) /proc/net/unix"
                #expect(try home.shell(count).output == "1\n")
                #expect(try home.shell(count, options: ["--no-network"]).output == "0\n")
            }
        }

        /// What has led out of containers before.
        @Test(arguments: Who.allCases) func theFirstProcessAndTheKernelGiveNothing(who: Who) throws {
            try Home.with(who) { (home) throws in
                let attempts = """
                    ls /proc/1/fd/
                    ls /proc/1/root/
                    cat /proc/1/mem
                    test -n "$(cat /proc/1/environ)"
                    busybox nsenter -t 1 -m true
                    busybox nsenter -t 1 -U true
                    busybox chroot /proc/1/root true
                    busybox swapoff -a && busybox swapon /tmp/x
                    busybox losetup -f /bin/sh
                    busybox dmesg -C
                    busybox chattr +i /bin
                    busybox pivot_root / /usr/bin
                    umount -l /
                    mount -o move /proc /usr/bin
                    mount -t devtmpfs d /usr/bin
                    mount -t debugfs d /usr/bin
                    mount -t tracefs d /usr/bin
                    mount -t securityfs d /usr/bin
                    mount -t cgroup2 c /usr/bin && mkdir /usr/bin/new
                    echo -1000 > /proc/self/oom_score_adj
                    for exe in /proc/[0-9]*/exe; do echo x >> $exe && exit 0; done; exit 1
                    """
                #expect(try succeeding(attempts, in: home) == [])
            }
        }

        @Test(arguments: Who.allCases) func devicesStayAsTheyAre(who: Who) throws {
            try Home.with(who) { (home) throws in
                let attempts = """
                    chmod 600 /dev/full
                    chmod 666 /dev/null
                    touch /dev/zero
                    rm /dev/null
                    mv /dev/tty /dev/other
                    umount /dev/null
                    mount -o remount,bind,rw /dev/null && chmod 600 /dev/null
                    busybox mknod /home/null c 1 3
                    busybox mknod /tmp/null c 1 3
                    """
                // With one id, what makes no difference succeeds.
                let chown = who == .single ? "" : "busybox chown 7 /dev/null\n"
                #expect(try succeeding(chown + attempts, in: home) == [])
                let works = try home.shell(
                    "echo x > /dev/null && dd if=/dev/zero bs=3 count=1 2>/dev/null | wc -c; (echo > /dev/full) 2>&1")
                #expect(works.output.hasPrefix("3\n") && works.output.contains("No space left"))
            }
        }

        /// Nodes that a tree has all the same, put there behind mangrove's back.
        @Test func devicesOfATreeHaveNoEffect() throws {
            try Home.with(.root) { (home) throws in
                for place in [home.tree(), home.work] {
                    guard mknod(place.appending("node").string, S_IFCHR | 0o666, dev_t(0x105)) == 0 else {
                        throw Errno(rawValue: errno)
                    }
                }
                let attempts = "dd if=/node bs=1 count=1\ndd if=/home/w/node bs=1 count=1"
                #expect(try succeeding(attempts, in: home, options: ["--bind", "\(home.work):/home/w"]) == [])
                // What is named is wanted.
                let named = try home.shell(
                    "dd if=/home/node bs=3 count=1 2>/dev/null | wc -c",
                    options: ["--bind", "\(home.work)/node:/home/node"])
                #expect(named.output == "3\n", "\(named.errors)")
            }
        }

        @Test(arguments: Who.allCases) func whatIsSharedForReadingCannotBeWritten(who: Who) throws {
            try Home.with(who) { (home) throws in
                let shared = home.scratch.appending("shared")
                try shared.makeDirectories()
                try AtomicFile.write(Array("keep".utf8), to: shared.appending("file"))
                try home.own(shared)
                let attempts = """
                    touch /mnt/new
                    echo x > /mnt/file
                    mount -o remount,rw /mnt
                    mount -o remount,bind,rw /mnt
                    umount /mnt
                    busybox unshare -U -r -m mount -o remount,bind,rw /mnt
                    mount -o bind /mnt /tmp && touch /tmp/new
                    """
                #expect(try succeeding(attempts, in: home, options: ["--bind", "\(shared):/mnt:ro"]) == [])
                #expect(try Directory.open(shared).names().map(\.string) == ["file"])
                #expect(try shared.appending("file").readFile() == Array("keep".utf8))
            }
        }

        @Test(arguments: Who.allCases) func nothingGetsRightsByBeingExecuted(who: Who) throws {
            try Home.with(who) { (home) throws in
                let outcome = try home.shell("grep NoNewPrivs /proc/self/status", options: [])
                #expect(outcome.output == "NoNewPrivs:\t1\n")
                #expect(
                    try home.shell("grep NoNewPrivs /proc/self/status", options: ["--setuid"]).output.hasSuffix("\t0\n")
                )
                // What is shared gives none with --setuid either; nor has it devices.
                let mounts = try home.run(
                    "cat", "/proc/self/mountinfo", options: ["--setuid", "--bind", "\(home.work):/home/w"])
                let flags = mounts.output.split(separator: "\n").map { $0.split(separator: " ") }
                    .filter { ["/", "/home/w", home.work.string].contains(String($0[4])) }.map {
                        $0[5].split(separator: ",")
                    }
                #expect(flags.count == 3 && flags.allSatisfy { $0.contains("nodev") }, "\(mounts.output)")
                #expect(flags.filter { $0.contains("nosuid") }.count == 2, "\(mounts.output)")
            }
        }

        /// The caller's session keyring has a key that anybody who possesses it may see.
        @Test(arguments: Who.allCases) func theCallersKeysAreNotTheCommands(who: Who) throws {
            try Home.with(who) { (home) throws in
                let keep = """
                    import ctypes, os, sys
                    libc = ctypes.CDLL(None, use_errno=True)
                    add_key, keyctl = (248, 250) if os.uname().machine == "x86_64" else (217, 219)
                    join, session = 1, -3
                    libc.syscall(keyctl, join, None)
                    if libc.syscall(add_key, b"user", b"mangrove-test", b"x", 1, session) < 0: sys.exit("no keys here")
                    os.execv(sys.argv[1], sys.argv[1:])
                    """
                let list = "mount -t proc p /usr/bin && cat /usr/bin/keys"
                let run = try home.start(["run", "box", "--", "sh", "-c", list], before: ["python3", "-c", keep]).wait()
                #expect(run.status == 0 && !run.output.isEmpty && !run.output.contains("mangrove-test"), "\(run)")
            }
        }

        /// Where they cannot be: `--isolation none` is for that.
        @Test func rootOfARunIsNobodyOnTheHost() throws {
            try Home.with(.root) { (home) throws in
                let program = try home.start(
                    ["run", "box", "--", "sh", "-c", "id -u; touch mine; busybox chown 7:8 mine; read x"], input: .pipe)
                try program.await("\n")
                let children = try #require(
                    try? FilePath("/proc/\(program.process)/task/\(program.process)/children").readFile())
                let first = String(decoding: children, as: UTF8.self).split(separator: " ").last ?? ""
                let status = String(decoding: try FilePath("/proc/\(first)/status").readFile(), as: UTF8.self)
                let user = status.split(separator: "\n").first { $0.hasPrefix("Uid:") }?.split(separator: "\t")[1]
                #expect((0x8_0000...0x6FFF_FFFF).contains(user.flatMap { Int($0) } ?? 0), "\(status)")
                program.write("go\n")
                #expect(try program.wait().output == "0\n")
                // On disk they are what the archive's are.
                var mine = stat()
                #expect(stat(home.work.appending("mine").string, &mine) == 0 && mine.st_uid == 7 && mine.st_gid == 8)
                let dry = try home.run("true", options: ["--dry-run"])
                #expect(dry.output.contains("idmapped mounts"))
            }
        }

        /// A file system that cannot shift ids: then the reason is told, and the rest still holds.
        @Test func whereIdsCannotBeShiftedTheyStay() throws {
            try Home.with(.root) { (home) throws in
                let options = ["--bind", "/proc/sys:/home/sys"]
                let dry = try home.run("true", options: options + ["--dry-run"])
                #expect(dry.output.contains("not shifted: the file system of /proc/sys"))
                let attempts = """
                    echo x > /proc/sys/kernel/core_pattern
                    mount -o remount,bind,rw /proc/sys
                    mount -t proc p /usr/bin && echo x > /usr/bin/sys/kernel/core_pattern
                    busybox unshare -m -p -f sh -c "mount -t proc p /usr/bin && echo x > /usr/bin/sys/kernel/core_pattern"
                    busybox mknod /home/null c 1 3
                    chmod 600 /dev/full
                    """
                let shared = ["--bind", "/proc/sys:/home/sys:ro"]
                #expect(try succeeding(attempts, in: home, options: shared) == [])
                let harmless = Self.harmless.filter { !$0.contains("proc") }
                #expect(try succeeding(harmless.joined(separator: "\n"), in: home, options: shared) == harmless)
                #expect(try FilePath("/proc/sys/kernel/core_pattern").readFile() != Array("x\n".utf8))
            }
        }

        @Test(arguments: Who.allCases) func containersOfItsOwnWork(who: Who) throws {
            try Home.with(who) { (home) throws in
                let script = """
                    set -e
                    busybox mkdir -p /mnt/a /mnt/u
                    mount -t tmpfs t /mnt/a && touch /mnt/a/x && umount /mnt/a
                    mount -t proc p /mnt/a && ls /mnt/a/self/status && umount /mnt/a
                    mount -t tmpfs t /mnt/u && busybox mkdir /mnt/u/up /mnt/u/work
                    mount -t overlay o -o lowerdir=/bin,upperdir=/mnt/u/up,workdir=/mnt/u/work /mnt/a
                    touch /mnt/a/new && ls /mnt/a/new /mnt/u/up
                    umount /mnt/a && umount /mnt/u
                    mount -o bind /bin /mnt/a && ls /mnt/a/sh && umount /mnt/a
                    busybox chroot / id -u
                    busybox unshare -U -r -m -p -f sh -c "mount -t proc p /proc && ls -d /proc/1 && id -u"
                    """
                let outcome = try home.shell(script)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(
                    outcome.output == "/mnt/a/self/status\n/mnt/a/new\n\n/mnt/u/up:\nnew\n/mnt/a/sh\n0\n/proc/1\n0\n",
                    "\(outcome.errors)")
            }
        }

        @Test func aUserCannotDoWithoutIsolation() throws {
            try Home.with(.single) { (home) throws in
                let outcome = try home.run("true", options: ["--isolation", "none"])
                #expect(outcome.status == 125 && outcome.errors.contains("--isolation none requires root"))
            }
            try Home.with(.root) { (home) throws in
                let outcome = try home.run("id", "-u", options: ["--isolation", "none"])
                #expect(outcome.status == 0 && outcome.output == "0\n")
                #expect(outcome.errors.contains("commands in the root run as root on this machine"))
            }
        }
    }
}
