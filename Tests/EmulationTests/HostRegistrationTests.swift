// SPDX-License-Identifier: Apache-2.0

import Architectures
import Emulation
import Failures
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

@Suite struct HostRegistrationTests {
    /// A program that exists wherever the tests run: the kernel opens an interpreter when it is registered.
    private let interpreter = Interpreter(architecture: .arm64, path: "/bin/sh", version: QemuVersion(7, 2))

    /// A rule for the machine's own programs would take its interpreter, and everything else, as well.
    private static let foreign = Architecture.allCases.filter { $0.elf != Architecture.host.elf }

    private func install(
        _ registration: HostRegistration, _ interpreter: Interpreter? = nil, outcome: Probe.Outcome = .works
    ) throws {
        try registration.install(interpreter ?? self.interpreter, kernel: KernelRelease(6, 7)) {
            (_) throws(EmulationError) in outcome
        }
    }

    @Test func installRegistersNowAndForTheNextBootAndRemoveUndoesIt() throws {
        try withPrivateBinfmt { binfmt in
            try withScratchDirectory { scratch in
                let registry = BinfmtRegistry(binfmt.path)
                let foreign = BinfmtRule(for: .arm64, interpreter: "/bin/sh", name: "theirs")
                try registry.register(foreign)
                let registration = HostRegistration(
                    .arm64, registry: registry, configurations: scratch.appending("binfmt.d"))
                #expect(registration.configuration == scratch.appending("binfmt.d/mangrove-arm64.conf"))
                try install(registration)
                let rule = interpreter.rule(on: KernelRelease(6, 7), name: "mangrove-arm64")
                #expect(rule.flags.letters == "PF")
                // The kernel understood the line as it was meant.
                #expect(try registration.entry() == BinfmtEntry(rule: rule, isEnabled: true))
                let text = String(decoding: try registration.configuration.readFile(), as: UTF8.self)
                #expect(text.split(separator: "\n").filter { !$0.hasPrefix("#") } == [try rule.registrationLine()[...]])
                // Again, as after an upgrade.
                try install(registration)
                #expect(try registry.entries(for: .arm64).count == 2)

                #expect(try registration.remove())
                #expect(try registry.entries().map(\.rule) == [foreign])
                #expect(try Directory.open(scratch.appending("binfmt.d")).names().isEmpty)
                #expect(try !registration.remove())
            }
        }
    }

    @Test func whatDoesNotWorkIsTakenBack() throws {
        try withPrivateBinfmt { binfmt in
            try withScratchDirectory { scratch in
                let registration = HostRegistration(
                    .arm64, registry: BinfmtRegistry(binfmt.path), configurations: scratch)
                #expect(throws: EmulationError.self) { try install(registration, outcome: .fails("dead")) }
                #expect(try registration.entry() == nil)
                #expect(try Directory.open(scratch).names().isEmpty)

                try install(registration)
                let before = try registration.configuration.readFile()
                let entry = try registration.entry()
                let other = Interpreter(architecture: .arm64, path: "/bin/cat", version: QemuVersion(7, 2))
                #expect(throws: EmulationError.self) { try install(registration, other, outcome: .fails("dead")) }
                let missing = Interpreter(architecture: .arm64, path: "/no/such", version: QemuVersion(7, 2))
                #expect(throws: EmulationError.self) { try install(registration, missing) }
                #expect(try registration.entry() == entry)
                #expect(try registration.configuration.readFile() == before)
            }
        }
    }

    @Test(arguments: foreign)
    func theKernelTakesEveryRule(_ architecture: Architecture) throws {
        try withPrivateBinfmt { binfmt in
            let registry = BinfmtRegistry(binfmt.path)
            let rule = BinfmtRule(for: architecture, interpreter: "/bin/sh", flags: [.fixBinary, .preserveArgument0])
            try registry.register(rule)
            #expect(try registry.entries(for: architecture) == [BinfmtEntry(rule: rule, isEnabled: true)])
            let long = BinfmtRule(
                for: architecture, interpreter: FilePath("/" + String(repeating: "q", count: 1500)), flags: [],
                name: "long")
            try registry.register(long)
            #expect(try registry.entries().map(\.rule) == [long, rule])
            #expect(try registry.remove(rule.name))
            #expect(try !registry.remove(rule.name))
            #expect(try !registry.remove("status"))
            #expect(registry.state() == .enabled)
        }
    }

    @Test(arguments: foreign)
    func programsAreExecutedByTheRegisteredInterpreter(_ architecture: Architecture) throws {
        guard let interpreter = try? Interpreter.find(architecture) else {
            print("not tried here: no interpreter for \(architecture)")
            return
        }
        try withPrivateBinfmt { binfmt in
            try withScratchDirectory { scratch in
                let program = scratch.appending("program")
                try installProgram(architecture.probeProgram, at: program)
                // i386's need no rule on an amd64 machine.
                if !architecture.runsNatively(on: .host) {
                    #expect(try binfmt.execute([program.string]).end != .exited(42))
                }
                try BinfmtRegistry(binfmt.path).register(interpreter.rule(on: .current))
                #expect(try binfmt.execute([program.string]).end == .exited(42))
                // Interpreters are found in a root that has none.
                #expect(try binfmt.execute(["unshare", "--root=\(scratch)", "/program"]).end == .exited(42))
            }
        }
    }

    @Test func withoutTheRightNothingChangesAndTheCommandIsNamed() throws {
        try withScratchDirectory { scratch in
            // What looks like binfmt_misc, and takes nothing.
            try AtomicFile.write(Array("enabled\n".utf8), to: scratch.appending("status"))
            let configurations = scratch.appending("binfmt.d")
            let registration = HostRegistration(
                .arm64, registry: BinfmtRegistry(scratch), configurations: configurations)
            #expect(throws: EmulationError.self) { try install(registration) }
            #expect(try Directory.open(configurations).names().isEmpty)
            // No file of /proc can be made, by root neither: the same as a directory that is not one's own.
            let forbidden = HostRegistration(
                .arm64, registry: BinfmtRegistry(scratch), configurations: "/proc/self/task")
            do {
                try install(forbidden)
                Issue.record("written to /proc")
            } catch let error as EmulationError {
                #expect(error.status == .notPermitted || error.status == .cannotCreate)
                if error.status == .notPermitted {
                    #expect(error.kind == .needsRoot)
                    #expect(error.remedy == "sudo mangrove binfmt install arm64")
                }
            }
        }
    }

    @Test func anUnmountedRegistryHasNoEntries() throws {
        try withScratchDirectory { scratch in
            let registry = BinfmtRegistry(scratch)
            #expect(registry.state() == .notMounted)
            let entries = try registry.entries()
            #expect(entries.isEmpty)
            #expect(try !registry.remove("qemu-aarch64"))
        }
    }

    @Test func theInterpreterIsCopiedIntoTheTreeAndNowhereElse() throws {
        try withScratchDirectory { scratch in
            let source = scratch.appending("qemu")
            try AtomicFile.write([1, 2, 3], to: source)
            let tree = try Directory.open(scratch)
            try tree.makeDirectory("usr")
            let usr = try tree.openDirectory("usr")
            try tree.makeDirectory("outside")
            try usr.makeSymbolicLink("bin", to: "../outside")
            let interpreter = Interpreter(architecture: .arm64, path: source, version: QemuVersion(7, 2))
            #expect(throws: EmulationError.self) { try interpreter.copy(into: tree) }
            let outside = try tree.openDirectory("outside").names()
            #expect(outside.isEmpty)

            try usr.unlink("bin")
            try usr.makeDirectory("bin")
            let bin = try usr.openDirectory("bin")
            try bin.makeSymbolicLink("qemu-aarch64-static", to: "/outside/target")
            let path = try interpreter.copy(into: tree)
            #expect(path == "/usr/bin/qemu-aarch64-static")
            let copied = try bin.readFile("qemu-aarch64-static")
            #expect(copied == [1, 2, 3])
            let status = try bin.status(of: "qemu-aarch64-static")
            #expect(status?.permissions == 0o755)
        }
    }
}
