// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import Processes
import SystemPackage
import Testing

extension IntegrationTests {
    /// Tools trees: made, damaged, and while something runs.
    @Suite struct ToolsTreeTests {
        @Test(arguments: Who.allCases)
        func aToolsTreeIsMadeByTheFirstRunThatWantsOne(who: Who) throws {
            try AcceleratedScene.with(who) { scene in
                let first = try scene.sed()
                #expect(first.status == 0, "\(first.errors)")
                #expect(first.errors.contains(AcceleratedScene.making))
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
                #expect(runs.count { $0.errors.contains(AcceleratedScene.making) } == 1)
                #expect(try scene.toolsNames().count == 1)
            }
        }

        /// What somebody does to a tools tree in the directory of the argument.
        enum Damage: String, CaseIterable {
            case programReplaced, programDeleted, byteChanged, libraryTruncated, libraryAdded, otherFileChanged
            case restoredFromACopy, manifestGarbled, manifestCut, recordGarbled

            func happen(in directory: FilePath) throws {
                let tree = directory.appending("rootfs")
                let manifest = directory.appending("manifest")
                switch self {
                case .programReplaced:
                    try installProgram(Array("#!/bin/sh\nexit 9\n".utf8), at: tree.pushing("usr/bin/sed"))
                case .programDeleted: try Directory.open(tree.pushing("usr/bin")).unlink("sed")
                case .byteChanged:
                    // Size and time as they were.
                    let program = tree.pushing("usr/bin/sed")
                    var before = stat()
                    #expect(stat(program.string, &before) == 0)
                    let file = try FileDescriptor.open(program, .readWrite)
                    try file.closeAfter { _ = try file.writeAll(toAbsoluteOffset: 0x200, [0x21]) }
                    #expect(utimensat(AT_FDCWD, program.string, [before.st_atim, before.st_mtim], 0) == 0)
                case .libraryAdded:
                    // The loader would take it before the one that was there.
                    let place = tree.pushing("usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v2")
                    try place.makeDirectories()
                    try AtomicFile.write([0x7F], to: place.appending("libc.so.6"))
                case .otherFileChanged:
                    try AtomicFile.write([0x21], to: tree.pushing("var/lib/dpkg/status"))
                case .restoredFromACopy:
                    let copy = directory.appending("copy")
                    let made = try ChildProcess.run("/bin/cp", ["-a", tree.string, copy.string])
                    #expect(made.succeeded)
                    let place = try Directory.open(directory)
                    try place.exchange("rootfs", with: "copy")
                    try place.removeTree("copy")
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
                        #expect(doctor.output.contains("the tools tree was modified"), "\(doctor.output)")
                    }
                    let run = try scene.sed()
                    #expect(run.status == 0, "\(damage): \(run.errors)")
                    #expect(run.errors.contains(AcceleratedScene.making), "\(damage)")
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
                    #expect(run.errors.contains(AcceleratedScene.making) == isFirst)
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
