// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import Sandbox
import SystemPackage
import Testing

extension IntegrationTests {
    /// Whatever ends a refresh, there is a root that works.
    @Suite struct RefreshInterruptionTests {
        /// What was planned for a generation does not begin in another.
        @Test func aRunIsOfTheTreeItWasPlannedFor() throws {
            try Home.with(.root) { home in
                var plan = SandboxPlan(root: .tree(home.tree()), identity: try .ofCaller(), command: ["/bin/true"])
                plan.rootInode = try Directory.open(home.tree()).identity().inode
                var run = try Run.start(plan)
                #expect(run.wait() == 0)
                plan.rootInode = 1
                let error = #expect(throws: SandboxError.self) { _ = try Run.start(plan) }
                #expect(error?.isOfReplacedRoot == true)
            }
        }

        private let good = ["ID=toy\nVERSION_ID=1.2.9\n", "ID=toy\nVERSION_ID=1.2.10\n"]

        /// Kills refreshes at random moments while runs begin one after the other; in between the root is set back.
        @Test(arguments: [Who.root, .delegated])
        func killedAtAnyMoment(who: Who) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                try mirror.publish(["1.2.9"])
                let distros = try mirror.catalogue()
                #expect(try home.create("a", distros: distros).status == 0)
                try mirror.publish(["1.2.9", "1.2.10"])
                let stop = home.work.appending("stop")
                let loop = "while [ ! -e stop ]; do \"$0\" \"$@\" || echo \"status $?\"; done"
                let runs = try home.start(
                    ["run", "a", "--", "cat", "/etc/os-release"], before: ["/bin/sh", "-c", loop])
                for _ in 0..<12 {
                    let refresh = try home.start(["refresh", "--distros", distros.string, "a"])
                    usleep(UInt32.random(in: 20_000...1_500_000))
                    refresh.send(SIGKILL)
                    _ = try refresh.wait(seconds: 60)
                    let found = try home.mangrove("run", "a", "--", "cat", "/etc/os-release")
                    #expect(found.status == 0 && good.contains(found.output), "\(found)")
                    guard found.output == good[1] else { continue }
                    // Back to the old one, and forget why.
                    #expect(try home.mangrove("rollback", "a").status == 0)
                    let origin = home.directory.appending("roots/a/origin.json")
                    let text = String(decoding: try origin.readFile(), as: UTF8.self)
                    let cleared = text.replacing(#/"rejected"/#, with: "\"once\"")
                    try AtomicFile.write(Array(cleared.utf8), to: origin)
                }
                try AtomicFile.write([], to: stop)
                let outcome = try runs.wait(seconds: 60)
                let wrong = outcome.output.split(separator: "\n").filter {
                    !$0.hasPrefix("ID=toy") && !$0.hasPrefix("VERSION_ID=1.2.")
                }
                #expect(wrong.isEmpty && outcome.errors.isEmpty, "\(wrong) \(outcome.errors)")
                // What was left half-way is swept by the next that makes something.
                #expect(try home.refresh("a", "--keep", "0", distros: distros).status == 0)
                #expect(try home.roots().filter { $0.hasPrefix(".staging") }.isEmpty)
                #expect(try home.mangrove("remove", "a").status == 0)
                #expect(try home.roots() == ["box"])
            }
        }
    }
}
