// SPDX-License-Identifier: Apache-2.0

import Architectures
import Failures
import Filesystem
import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import Acceleration

@Suite struct ToolchainTests {
    /// Programs of this machine's: one that is linked statically, one that is not.
    private static let (whole, dynamic) = (FilePath("/bin/busybox"), FilePath("/usr/bin/true"))

    private static func add(_ bytes: [UInt8], at path: FilePath) throws {
        try path.removingLastComponent().makeDirectories()
        try AtomicFile.write(bytes, to: path, permissions: FilePermissions(rawValue: 0o755))
    }

    @Test func itIsFoundInItsDirectoryAndDebiansPackages() throws {
        for place in ["bin", "usr/bin"] {
            try withScratchDirectory { scratch in
                try Self.add(try Self.whole.readFile(), at: scratch.pushing(FilePath("\(place)/a-b-gcc-12")))
                // As Debian's are called: links to those with a version.
                try Directory.open(scratch.pushing(FilePath(place))).makeSymbolicLink("a-b-gcc", to: "a-b-gcc-12")
                let toolchain = try Toolchain(at: scratch)
                #expect(toolchain.prefix == "a-b-")
                #expect(toolchain.path.string == "/run/mangrove/toolchain/\(place)")
                #expect(toolchain.loader == nil)
                #expect(toolchain.missingLibrary(in: scratch) == nil)
            }
        }
    }

    @Test func whatItsProgramsNeedIsSaidUnlessItHasIt() throws {
        try withScratchDirectory { scratch in
            let tools = scratch.appending("tools")
            let chain = scratch.appending("chain")
            try tools.makeDirectories()
            try Self.add(try Self.whole.readFile(), at: chain.pushing("bin/x-gcc"))
            try Self.add(try Self.dynamic.readFile(), at: chain.pushing("libexec/gcc/x/12/cc1"))
            let toolchain = try Toolchain(at: chain)
            #expect(toolchain.loader == Architecture.host.loader)
            let missing = try #require(toolchain.missingLibrary(in: tools))
            #expect(missing == ("libc.so.6", "libexec/gcc/x/12/cc1"))
            try Self.add([], at: tools.pushing(FilePath("usr/lib/\(Architecture.host.triplet)/libc.so.6")))
            #expect(toolchain.missingLibrary(in: tools) == nil)
        }
    }

    @Test func whatIsNoneIsRefusedWithTheReason() throws {
        func fault(_ make: (FilePath) throws -> Void) throws -> AccelerationError? {
            try withScratchDirectory { scratch in
                try make(scratch)
                return #expect(throws: AccelerationError.self) { try Toolchain(at: scratch) }
            }
        }
        #expect(try fault { _ in }?.cause?.contains("expected bin/PREFIX-gcc or usr/bin/PREFIX-gcc") == true)
        let whole = try Self.whole.readFile()
        let two = try fault { scratch in
            for name in ["a-gcc", "b-gcc"] { try Self.add(whole, at: scratch.pushing(FilePath("bin/\(name)"))) }
        }
        #expect(two?.cause?.contains("found a-gcc, b-gcc") == true)
        let script = try fault { try Self.add(Array("#!/bin/sh\n".utf8), at: $0.pushing("bin/a-gcc")) }
        #expect(script?.cause == "bin/a-gcc is not an ELF program")
        var foreign = whole
        foreign.replaceSubrange(18..<20, with: [22, 0])
        let other = try fault { try Self.add(foreign, at: $0.pushing("bin/a-gcc")) }
        #expect(other?.cause?.contains("expected programs for \(Architecture.host)") == true)
        #expect(other?.status == .noInput)
        #expect(throws: AccelerationError.self) { try Toolchain(at: "/nowhere/at/all") }
    }
}
