// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// Tools trees: made, damaged, out of date, and while something runs.
    @Suite struct ToolsTreeTests {
        private static let making = "making the tools tree for debian 12 \(AcceleratedScene.foreign)"

        @Test(arguments: Who.allCases)
        func aToolsTreeIsMadeByTheFirstRunThatWantsOne(who: Who) throws {
            try AcceleratedScene.with(who) { scene in
                let first = try scene.sed()
                #expect(first.status == 0, "\(first.errors)")
                #expect(first.errors.contains(Self.making))
                let second = try scene.sed("--accelerate")
                #expect(second.status == 0)
                #expect(second.errors.isEmpty)
                #expect(try scene.sed("--no-accelerate").status == 42)
            }
        }

        @Test func oneOfTwoRunsMakesItAndBothHaveIt() throws {
            try AcceleratedScene.with { scene in
                let command = ["run", "--accelerate", "debian", "--", "/usr/bin/sed", "--version"]
                let runs = try (1...3).map { _ in try scene.start(command) }.map { try $0.wait(seconds: 60) }
                #expect(runs.map(\.status) == [0, 0, 0], "\(runs.map(\.errors))")
                #expect(runs.count { $0.errors.contains(Self.making) } == 1)
                #expect(try scene.toolsNames().count == 1)
            }
        }

        /// What somebody does to a tools tree in the directory of the argument.
        enum Damage: String, CaseIterable {
            case programReplaced, programDeleted, libraryTruncated, manifestGarbled, manifestCut, recordGarbled

            func happen(in directory: FilePath) throws {
                let tree = directory.appending("rootfs")
                let manifest = directory.appending("manifest")
                switch self {
                case .programReplaced:
                    try installProgram(Array("#!/bin/sh\nexit 9\n".utf8), at: tree.pushing("usr/bin/sed"))
                case .programDeleted: try Directory.open(tree.pushing("usr/bin")).unlink("sed")
                case .libraryTruncated:
                    #expect(truncate(tree.pushing("usr/lib/x86_64-linux-gnu/libc.so.6").string, 3) == 0)
                case .manifestGarbled: try AtomicFile.write(Array("nothing\0".utf8), to: manifest)
                case .manifestCut:
                    let bytes = try manifest.readFile()
                    let end = bytes.dropLast().lastIndex(of: 0) ?? 0
                    try AtomicFile.write(Array(bytes[...end]), to: manifest)
                case .recordGarbled: try AtomicFile.write([0], to: directory.appending("root.json"))
                }
            }
        }

        @Test func aDamagedOneIsNoticedAndMadeAnew() throws {
            try AcceleratedScene.with { scene in
                #expect(try scene.sed().status == 0)
                for damage in Damage.allCases {
                    let old = try scene.toolsNames()
                    try damage.happen(in: try scene.tools())
                    if damage == .programReplaced {
                        let doctor = try scene.start(["doctor"]).wait()
                        #expect(doctor.output.contains("somebody has changed the tools tree"), "\(doctor.output)")
                    }
                    let run = try scene.sed()
                    #expect(run.status == 0, "\(damage): \(run.errors)")
                    #expect(run.errors.contains(Self.making), "\(damage)")
                    // The damaged one is gone.
                    #expect(try scene.toolsNames().count == 1, "\(damage)")
                    #expect(try scene.toolsNames() != old, "\(damage)")
                }
                #expect(try scene.sed("--accelerate").errors.isEmpty)
            }
        }

        @Test func withoutAnArchiveARunIsEmulatedAndSaysWhy() throws {
            try AcceleratedScene.with { scene in
                scene.mirror.stop()
                for isFirst in [true, false] {
                    let run = try scene.sed()
                    #expect(run.status == 42)
                    let told = run.errors.split(separator: "\n").filter { $0.contains("not accelerated: ") }
                    // Once, and not by every run.
                    #expect(told.count == (isFirst ? 1 : 0), "\(run.errors)")
                    if isFirst { #expect(told.first?.contains("127.0.0.1") == true) }
                    // Nobody is asked again within the hour.
                    #expect(run.errors.contains(Self.making) == isFirst)
                }
                let inspected = try scene.start(["inspect", "debian"]).wait()
                #expect(inspected.output.contains("127.0.0.1"), "\(inspected.output)")
                let wanted = try scene.sed("--accelerate")
                #expect(wanted.status == 125)
                let lines = wanted.errors.split(separator: "\n").filter {
                    $0.hasPrefix("mangrove: ") || $0.hasPrefix("  ")
                }
                #expect((1...3).contains(lines.count), "\(wanted.errors)")
                #expect(lines.first?.hasPrefix("mangrove: ") == true)
                #expect(try scene.sed("--no-accelerate").errors.isEmpty)
            }
        }

        @Test func aDamagedOneThatCannotBeMadeAnewIsNotUsed() throws {
            try AcceleratedScene.with { scene in
                #expect(try scene.sed().status == 0)
                scene.mirror.stop()
                try Damage.libraryTruncated.happen(in: try scene.tools())
                #expect(try scene.sed().status == 42)
                #expect(try scene.sed("--accelerate").status == 125)
            }
        }

        @Test func aRunThatGoesOnDoesNotUseWhatWasDamaged() throws {
            try AcceleratedScene.with { scene in
                #expect(try scene.sed().status == 0)
                for (number, damage) in [Damage.programReplaced, .programDeleted].enumerated() {
                    let run = try scene.shell(
                        "/usr/bin/sed --version >/dev/null && echo native; read line; /usr/bin/sed --version")
                    try run.await("native\n")
                    try damage.happen(in: try scene.tools())
                    run.write("go on\n")
                    #expect(try run.wait(seconds: 60).status == 42, "\(damage)")
                    #expect(try scene.sed().status == 0)
                    #expect(try scene.toolsNames().first?.hasSuffix(".\(number + 2)") == true)
                }
            }
        }

        // MARK: Out of date

        @Test func aNewerPackageInTheRootHasItMadeAnewWhileRunsGoOn() throws {
            try AcceleratedScene.with { scene in
                let first = try scene.shell("read line; /usr/bin/sed --version >/dev/null && echo $line; exit 5")
                // So that it has begun.
                #expect(try scene.sed().status == 0)
                let old = try #require(try scene.toolsNames().first)
                try scene.publish(["dash": "0.5.13-1"])
                try scene.upgradeRoot(["dash": "0.5.13-1"])
                let second = try scene.start(["run", "debian", "--", "/usr/bin/sh", "-c", "exit 6"]).wait(seconds: 60)
                // In the very run that noticed.
                #expect(second.status == 6, "\(second.errors)")
                #expect(second.errors.contains("\(Self.making) anew, for newer versions of dash"))
                #expect(try scene.toolsNames() == [old, old + ".2"])
                first.write("native\n")
                let outcome = try first.wait(seconds: 60)
                #expect(outcome.output == "native\n", "\(outcome.errors)")
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
                #expect(!asking.errors.contains(Self.making))
                scene.mirror.stop()
                let later = try scene.sed()
                #expect(later.status == 42)
                #expect(later.errors.isEmpty)
                // Of dash it still has the right one.
                #expect(try scene.shell("exit 3").wait(seconds: 60).status == 3)
                #expect(try scene.toolsNames().count == 1)
                let doctor = try scene.start(["doctor"]).wait()
                #expect(doctor.output.contains("of other versions than the tools tree's: sed"))
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
                #expect(wanted.errors.contains("cannot be accelerated\n  dash: it is version 0.6-1, "))
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
                #expect(first.errors.contains("is not brought up to date: "))
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
                #expect(made.errors.contains("\(Self.making) anew, with echo\n"), "\(made.errors)")
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
                let inspected = try scene.start(["inspect", "debian"]).wait()
                #expect(inspected.output.contains("echo: the tools tree does not have it"), "\(inspected.output)")
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
                #expect(made.errors.contains("\(Self.making) anew, for newer versions of sed"), "\(made.errors)")
                #expect(try scene.toolsNames().count == 1)
            }
        }

        @Test func aRootThatDoesNotComeAboutSaysNothingOfItsToolsTree() throws {
            try AcceleratedScene.with { scene in
                let failed = try scene.start(["create", "new", "debian:12", "--package", "nosuch"]).wait(seconds: 60)
                #expect(failed.status == 65, "\(failed.errors)")
                #expect(!failed.errors.contains("not accelerated"), "\(failed.errors)")
                let hidden = try Directory.open(scene.home.directory.pushing("cache/tools")).names().map(\.string)
                #expect(hidden.allSatisfy { !$0.hasSuffix(".failed") && !$0.hasPrefix(".staging-") }, "\(hidden)")
                #expect(try scene.sed().status == 0)
            }
        }

        // MARK: The table

        @Test func bitsFlippedInTheImageAreNoticed() throws {
            try AcceleratedScene.with { scene in
                let plain = try scene.sed()
                #expect(plain.status == 0)
                let image = scene.home.directory.pushing("roots/debian/dispatch-full")
                // In the emulator, in the dispatcher and in the table.
                for place in [0.3, 0.99, 0.9999] {
                    let descriptor = try FileDescriptor.open(image, .readWrite)
                    try descriptor.closeAfter {
                        let offset = Int64(Double(try descriptor.seek(offset: 0, from: .end)) * place)
                        var byte: [UInt8] = [0]
                        try byte.withUnsafeMutableBytes {
                            _ = try descriptor.read(fromAbsoluteOffset: offset, into: $0)
                        }
                        try descriptor.writeAll(toAbsoluteOffset: offset, [byte[0] ^ 0x10])
                    }
                    let run = try scene.sed()
                    #expect(run.status == 0, "\(run.errors)")
                    #expect(run.output == plain.output)
                }
            }
        }
    }
}
