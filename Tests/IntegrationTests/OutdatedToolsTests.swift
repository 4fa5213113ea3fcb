// SPDX-License-Identifier: Apache-2.0

import Filesystem
import SystemPackage
import Testing

extension IntegrationTests {
    /// Tools trees that are out of date, or lack what a user wants in them.
    @Suite struct OutdatedToolsTests {
        @Test func aNewerPackageInTheRootHasItMadeAnewWhileRunsGoOn() throws {
            try AcceleratedScene.with { scene in
                let first = try scene.shell(
                    "echo begun; read line; /usr/bin/sed --version >/dev/null && echo $line; exit 5")
                try first.await("begun\n", seconds: 60)
                #expect(try scene.sed().status == 0)
                let old = try #require(try scene.toolsNames().first)
                try scene.publish(["dash": "0.5.13-1"])
                try scene.upgradeRoot(["dash": "0.5.13-1"])
                let second = try scene.start(["run", "debian", "--", "/usr/bin/sh", "-c", "exit 6"]).wait(seconds: 60)
                // In the very run that noticed.
                #expect(second.status == 6, "\(second.errors)")
                #expect(second.errors.contains("\(AcceleratedScene.making) anew, for newer versions of dash"))
                #expect(try scene.toolsNames() == [old, old + ".2"])
                first.write("native\n")
                let outcome = try first.wait(seconds: 60)
                #expect(outcome.output == "begun\nnative\n", "\(outcome.errors)")
                #expect(outcome.status == 5)
                let third = try scene.sed()
                #expect(third.status == 0)
                #expect(third.errors.isEmpty)
                #expect(try scene.toolsNames() == [old + ".2"])
            }
        }

        @Test func theArchiveIsAskedOnceForWhatItHasNot() throws {
            try AcceleratedScene.with { scene in
                #expect(try scene.sed().status == 0)
                try scene.upgradeRoot(["sed": "5.0-1"])
                let asking = try scene.sed()
                #expect(asking.status == 42)
                #expect(!asking.errors.contains(AcceleratedScene.making))
                scene.mirror.stop()
                let later = try scene.sed()
                #expect(later.status == 42)
                #expect(later.errors.isEmpty)
                // Of dash it still has the right one.
                #expect(try scene.shell("exit 3").wait(seconds: 60).status == 3)
                #expect(try scene.toolsNames().count == 1)
                let doctor = try scene.start(["doctor"]).wait()
                #expect(doctor.output.contains("versions differ from the tools tree's: sed"))
            }
        }

        @Test func whereNothingIsLeftToAccelerateItIsMadeAnewTooOrSaid() throws {
            try AcceleratedScene.with { scene in
                #expect(try scene.sed().status == 0)
                try scene.upgradeRoot(["sed": "5.0-1", "dash": "0.6-1"])
                let reasons = try (1...2).map { _ in
                    let emulated = try scene.sed()
                    #expect(emulated.status == 42)
                    return emulated.errors.split(separator: "\n").filter { $0.hasPrefix("mangrove: ") }
                }
                #expect(reasons[0].count == 1)
                #expect(reasons[0].first?.contains("not accelerated: debian 12 ") == true, "\(reasons)")
                // It is said once.
                #expect(reasons[1].isEmpty)
                let wanted = try scene.sed("--accelerate", "--profile")
                #expect(wanted.status == 125)
                #expect(wanted.errors.contains("cannot be accelerated\n  dash: version 0.6-1 differs from "))
                let root = scene.home.tree("debian").removingLastComponent()
                #expect(try !Directory.open(root).names().contains { $0.string.hasPrefix("profile") })
                try scene.publish(["sed": "5.1-1", "dash": "0.6-1"])
                try scene.upgradeRoot(["sed": "5.1-1", "dash": "0.6-1"])
                let made = try scene.sed("--accelerate")
                #expect(made.status == 0, "\(made.errors)")
                #expect(made.errors.contains("anew, for newer versions of dash sed"))
                #expect(try scene.toolsNames().count == 1)
            }
        }

        @Test func withoutTheArchiveAnOldOneIsUsedOn() throws {
            try AcceleratedScene.with { scene in
                #expect(try scene.sed().status == 0)
                scene.mirror.stop()
                try scene.upgradeRoot(["sed": "5.0-1"])
                let command = ["run", "--accelerate", "debian", "--", "/usr/bin/sh", "-c", "exit 3"]
                let first = try scene.start(command).wait(seconds: 60)
                #expect(first.status == 3)
                #expect(first.errors.contains("cannot be updated: "))
                let second = try scene.start(command).wait(seconds: 60)
                #expect(second.status == 3)
                #expect(second.errors.isEmpty)
            }
        }

        @Test func anOlderPackageInTheRootIsEmulatedAndThatIsAll() throws {
            try AcceleratedScene.with { scene in
                #expect(try scene.sed().status == 0)
                try scene.publish(["sed": "5.0-1"])
                try scene.upgradeRoot(["sed": "4.8-1"])
                let run = try scene.sed()
                #expect(run.status == 42)
                #expect(run.errors.isEmpty)
            }
        }

        @Test func whatTheUserAddsComesIntoIt() throws {
            try AcceleratedScene.with { scene in
                #expect(try scene.sed().status == 0)
                let old = try #require(try scene.toolsNames().first)
                try scene.publish(["echo": "1-1"])
                try scene.upgradeRoot(["echo": "1-1"])
                #expect(try scene.echo().status == 42)
                #expect(try scene.toolsNames() == [old])
                try scene.configure("accelerate: {add: [\"echo\", \"nothing\"]}")
                let made = try scene.echo()
                #expect(made.status == 0, "\(made.errors)")
                #expect(made.errors.contains("\(AcceleratedScene.making) anew, with echo\n"), "\(made.errors)")
                #expect(try scene.toolsNames() == [old + ".2"])
                // Another user's newer version does not lose it.
                try scene.configure("")
                try scene.publish(["echo": "1-1", "dash": "0.5.13-1"])
                try scene.upgradeRoot(["echo": "1-1", "dash": "0.5.13-1"])
                #expect(try scene.sed().errors.contains("anew, for newer versions of dash"))
                try scene.configure("accelerate: {add: [\"echo\"]}")
                let last = try scene.echo()
                #expect(last.status == 0)
                #expect(last.errors.isEmpty)
            }
        }

        @Test func whatTheUserAddsAndTheArchiveHasNotIsEmulated() throws {
            try AcceleratedScene.with { scene in
                try scene.upgradeRoot(["echo": "1-1"])
                try scene.configure("accelerate: {add: [\"echo\"]}")
                #expect(try scene.sed().status == 0)
                for _ in 1...2 {
                    let run = try scene.echo()
                    #expect(run.status == 42)
                    #expect(!run.errors.contains("anew"))
                }
                let inspected = try scene.start(["inspect", "debian", "--verbose"]).wait()
                #expect(inspected.output.contains("echo: not in the tools tree"), "\(inspected.output)")
            }
        }

        @Test func whatTheUserAddsIsNotInTheWayOfTheRest() throws {
            try AcceleratedScene.with { scene in
                try scene.publish(["echo": "1-1"], needs: ["echo": "nothing"])
                try scene.upgradeRoot(["echo": "1-1"])
                try scene.configure("accelerate: {add: [\"echo\"]}")
                let made = try scene.sed()
                #expect(made.status == 0, "\(made.errors)")
                #expect(made.errors.contains("the tools tree is made without echo: "), "\(made.errors)")
                #expect(try scene.echo().status == 42)
            }
        }

        @Test func creatingARootNoticesThatItsPackagesAreNewer() throws {
            try AcceleratedScene.with { scene in
                #expect(try scene.sed().status == 0)
                try scene.publish(["sed": "5.0-1"])
                // No root comes of it: there is neither dpkg nor anything that works.
                let made = try scene.start(["create", "new", "debian:12", "--package", "sed"]).wait(seconds: 60)
                #expect(made.status != 0)
                #expect(
                    made.errors.contains("\(AcceleratedScene.making) anew, for newer versions of sed"), "\(made.errors)"
                )
                #expect(try scene.toolsNames().count == 1)
            }
        }
    }
}
