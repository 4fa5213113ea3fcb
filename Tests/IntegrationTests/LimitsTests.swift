// SPDX-License-Identifier: Apache-2.0

import Filesystem
import SystemPackage
import Testing

extension IntegrationTests {
    /// `--memory`, `--cpus`, `--pids`.
    @Suite struct LimitsTests {
        /// Whether a cgroup of this machine's has the controllers, in version 2.
        static let areToBeHad =
            (try? FilePath("/sys/fs/cgroup/cgroup.controllers").readFile(limit: 4096))
            .map { String(decoding: $0, as: UTF8.self).contains("memory") } ?? false

        @Test(.enabled(if: !areToBeHad, "cgroup v2 has controllers on this machine"), arguments: Who.allCases)
        func whereThereAreNoneTheyAreRefused(who: Who) throws {
            try Home.with(who) { (home) throws in
                for options in [["--memory", "64M"], ["--cpus", "1"], ["--pids", "9"]] {
                    let run = try home.run("touch", "made", options: options)
                    #expect(run.status == 77)
                    let lines = run.errors.split(separator: "\n")
                    #expect(lines.first == "mangrove: cannot enforce --memory, --cpus or --pids")
                    #expect(lines.count == 3, "\(run.errors)")
                }
                #expect(try Directory.open(home.work).status(of: "made") == nil)
            }
        }

        @Test func nonsenseIsAUsageErrorAndThePlanTellsThem() throws {
            try Home.with(.root) { (home) throws in
                for options in [["--memory", "1Q"], ["--cpus", "0"], ["--pids", "0"], ["--pids", "-1"]] {
                    #expect(try home.run("true", options: options).status == 125)
                }
                let plan = try home.run("true", options: ["--dry-run", "--memory", "1.5G", "--cpus", "0.5"])
                #expect(plan.output.contains("limits: memory 1536M, cpus 0.5\n"))
            }
        }

        @Test(.enabled(if: areToBeHad, "cgroup v2 has no memory controller on this machine"))
        func theyAreHeld() throws {
            try Home.with(.root) { (home) throws in
                let hungry = try home.run(
                    "dd", "if=/dev/zero", "of=/dev/null", "bs=200M", options: ["--memory", "64M"])
                #expect(hungry.status == 137)
                #expect(hungry.errors.hasSuffix("mangrove: killed: exceeded --memory 64M\n"))
                let forks = "for i in 1 2 3 4 5 6; do sleep 1 & done; wait"
                let many = try home.shell(forks, options: ["--pids", "4"])
                #expect(many.errors.contains("mangrove: needed more processes than --pids 4\n"))
                #expect(try home.shell(forks, options: ["--pids", "7"]).errors.isEmpty)
                let script = "cat /proc/self/cgroup; mkdir /tmp/c; mount -t cgroup2 none /tmp/c; ls /tmp/c/memory.max"
                #expect(try home.shell(script, options: ["--memory", "64M"]).output == "0::/\n")
            }
        }

        /// Not even its own place among the host's.
        @Test(arguments: Who.allCases)
        func aRunSeesNoCgroupAboveIts(who: Who) throws {
            try Home.with(who) { (home) throws in
                #expect(try home.run("cat", "/proc/self/cgroup").output.hasSuffix("0::/\n"))
            }
        }
    }
}
