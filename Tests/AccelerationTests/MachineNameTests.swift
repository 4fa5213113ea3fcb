// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct MachineNameTests {
    private static let loader = Architecture.host.loader

    /// A tools tree whose loader has a list of libraries, and in both trees the package coreutils.
    private static func with(_ architecture: Architecture = .arm64, _ body: (PairedTrees) throws -> Void) throws {
        try PairedTrees.with(architecture) { trees in
            try AtomicFile.write(
                PairedTrees.loader(), to: trees.tools.pushing(FilePath(String(loader.dropFirst()))))
            try trees.install("coreutils", "9.1", in: trees.root, ["/bin/cat": .program, "/bin/uname": .program])
            try trees.install(
                "coreutils", "9.1", in: trees.tools,
                ["/bin/cat": .programLoadedBy(loader), "/bin/uname": .programLoadedBy(loader)])
            try body(trees)
        }
    }

    @Test func programsThatAskForTheMachineGetALoaderOfTheirOwn() throws {
        try Self.with { trees in
            let bin = trees.tools.appending("usr/bin")
            let uname = try bin.appending("uname").readFile()
            let record = try trees.seal()
            let cat = String(decoding: try bin.appending("cat").readFile(), as: UTF8.self)
            #expect(cat.contains("/ld.so\0") && !cat.contains("m/ld.so\0"))
            let told = try bin.appending("uname").readFile()
            #expect(told.count == uname.count)
            let fill = String(
                repeating: "/", count: Self.loader.utf8.count - "/run/mangrove".utf8.count - "m/ld.so".utf8.count)
            #expect(String(decoding: told, as: UTF8.self).contains("/run/mangrove\(fill)m/ld.so\0"))
            let machine = trees.tools.appending("machine")
            #expect(
                String(decoding: try machine.appending("ld.so").readFile(), as: UTF8.self)
                    .hasSuffix("loader\0/run/mangrove/m/so\0end"))
            #expect(
                String(decoding: try machine.appending("so").readFile(), as: UTF8.self) == "/run/mangrove/m/uname.so\n")
            let plan = try trees.plan { $0.record = record }
            #expect(plan.programs == ["/usr/bin/cat", "/usr/bin/uname"])
            #expect(plan.mounts.last?.target == "/run/mangrove/m")
            // The emulator may have been told what to say.
            #expect(plan.entries.map(\.exceptions.variables) == [[], ["QEMU_UNAME"]])
        }
    }

    @Test func programsThatWouldTakeTheHostsForTheRootsAreEmulated() throws {
        try Self.with { trees in
            // A loader that is not as expected.
            try AtomicFile.write(
                PairedTrees.loader("/etc/other"), to: trees.tools.pushing(FilePath(String(Self.loader.dropFirst()))))
            let record = try trees.seal()
            let plan = try trees.plan { $0.record = record }
            #expect(plan.programs == ["/usr/bin/cat"])
            let reason = "the native one would report the host's machine name"
            #expect(plan.reason("coreutils", "/usr/bin/uname") == reason)
        }
        // What the machine is called then depends on the processor that is emulated.
        try Self.with(.armhf) { trees in
            let record = try trees.seal()
            #expect(try trees.plan { $0.record = record }.programs == ["/usr/bin/cat"])
        }
    }
}
