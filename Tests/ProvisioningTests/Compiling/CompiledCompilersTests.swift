// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Emulation
import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct CompiledCompilersTests {
    private static let architecture: Architecture = .arm64
    private static let names = CompiledCompiler.programNames

    private static func place(_ name: String) -> String {
        let isDriver = ["cpp", "g++", "gcc"].contains(name)
        return isDriver ? "usr/bin/aarch64-linux-gnu-\(name)-12" : "usr/lib/gcc-cross/aarch64-linux-gnu/12/\(name)"
    }

    private struct Scene {
        let trees: FilePath

        func directory(_ number: Int) -> FilePath { trees.appending("tools-\(number)") }
        func compilers(_ number: Int) -> CompiledCompilers { CompiledCompilers(beside: directory(number)) }

        /// Makes the tools tree `number`, whose cross compiler is packaged in this version.
        func make(_ number: Int, _ version: String = "12.2.0-14cross1") throws {
            let tree = directory(number).appending("rootfs")
            try ToolsTreesTests.fill(
                tree, ToolsTreesTests.status(["gcc-12-aarch64-linux-gnu": version]), Architecture.host.probeProgram)
            for name in names {
                let file = tree.pushing(FilePath(place(name)))
                try file.removingLastComponent().makeDirectories()
                try AtomicFile.write(Array("packaged".utf8), to: file)
            }
        }

        /// What is built, as files.
        func build(_ text: String) throws -> FilePath {
            let built = trees.appending("built")
            try built.makeDirectories()
            for name in names { try AtomicFile.write(Array("\(text) \(name)".utf8), to: built.appending(name)) }
            return built
        }

        func installed(_ number: Int, _ name: String) throws -> String {
            String(
                decoding: try directory(number).appending("rootfs").pushing(FilePath(place(name))).readFile(),
                as: UTF8.self)
        }

        func install(_ number: Int) throws {
            try compilers(number).install(in: directory(number).appending("rootfs"), for: architecture)
        }
    }

    private func with(_ body: (Scene) throws -> Void) throws {
        try withScratchDirectory { scratch in try body(Scene(trees: scratch)) }
    }

    @Test func theNextToolsTreeHasThem() throws {
        try with { scene in
            try scene.make(1)
            try scene.compilers(1).add(scene.build("built"), version: "12", packageVersion: "12.2.0-14+deb12u1")
            // The tree that is there stays as it is.
            #expect(try scene.installed(1, "cc1") == "packaged")
            #expect(scene.compilers(1).all.map(\.isInstalled) == [false])
            for number in 2...3 {
                try scene.make(number)
                try scene.compilers(number).take(from: scene.compilers(number - 1))
                try scene.install(number)
                for name in Self.names { #expect(try scene.installed(number, name) == "built \(name)") }
                #expect(scene.compilers(number).all.map(\.packageVersion) == ["12.2.0-14+deb12u1"])
                #expect(scene.compilers(number).all.map(\.isInstalled) == [true])
            }
        }
    }

    @Test func aNewerBuildTakesThePlaceOfAnOlder() throws {
        try with { scene in
            try scene.make(1)
            for (text, version) in [("old", "12.2.0-14+deb12u1"), ("new", "12.2.0-14+deb12u2")] {
                try scene.compilers(1).add(scene.build(text), version: "12", packageVersion: version)
            }
            try scene.install(1)
            #expect(try scene.installed(1, "cc1") == "new cc1")
            #expect(scene.compilers(1).all.map(\.packageVersion) == ["12.2.0-14+deb12u2"])
        }
    }

    @Test func whereTheArchiveHasANewerUpstreamVersionThePackagedOneStays() throws {
        try with { scene in
            try scene.make(1, "12.3.0-1cross1")
            try scene.compilers(1).add(scene.build("built"), version: "12", packageVersion: "12.2.0-14+deb12u1")
            try scene.install(1)
            #expect(try scene.installed(1, "cc1") == "packaged")
            #expect(scene.compilers(1).all.map(\.isInstalled) == [false])
        }
    }

    @Test func aDamagedOneIsNotUsed() throws {
        try with { scene in
            try scene.make(1)
            try scene.compilers(1).add(scene.build("built"), version: "12", packageVersion: "12.2.0-14+deb12u1")
            try AtomicFile.write(Array("other".utf8), to: scene.directory(1).appending("compiled-12-cc1"))
            try scene.install(1)
            for name in Self.names { #expect(try scene.installed(1, name) == "packaged") }
        }
    }

    @Test func oneThatIsNotWholeIsNotTaken() throws {
        try with { scene in
            try scene.make(1)
            let built = try scene.build("built")
            try Directory.open(built).unlink("cc1plus")
            #expect(throws: ProvisioningError.self) {
                try scene.compilers(1).add(built, version: "12", packageVersion: "12.2.0-14+deb12u1")
            }
            #expect(scene.compilers(1).all.isEmpty)
        }
    }
}
