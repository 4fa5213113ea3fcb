// SPDX-License-Identifier: Apache-2.0

import Architectures
import Emulation
import Failures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct EmulationFindingsTests {
    /// One that the machine does not execute itself.
    private let foreign: Architecture = Architecture.host == .s390x ? .riscv64 : .s390x

    @Test func theMachinesOwnArchitectureNeedsNothing() {
        #expect(Finding.emulation(of: .host).map(\.state) == [.ok])
    }

    @Test func anUnusableInterpreterIsAProblemWithARemedy() throws {
        try withScratchDirectory { scratch in
            let found = Finding.emulation(of: foreign, choice: scratch.appending("qemu"))
            #expect(found.map(\.state) == [.problem])
            #expect(found.first?.remedy != nil)
        }
    }

    @Test func oldKernelsNeedARuleOfTheHosts() throws {
        guard let interpreter = try? Interpreter.find(foreign) else {
            print("not tried here: no interpreter for \(foreign)")
            return
        }
        try withScratchDirectory { scratch in
            func registration(_ kernel: KernelRelease) -> Finding? {
                Finding.emulation(
                    of: foreign, kernel: kernel, registry: BinfmtRegistry(scratch), choice: interpreter.path, cpu: nil
                ).last
            }
            #expect(registration(KernelRelease(6, 7))?.state == .ok)
            let old = registration(KernelRelease(6, 6))
            #expect(old?.state == .problem)
            #expect(old?.remedy == "sudo mangrove binfmt install \(foreign)")
            try AtomicFile.write(Array("disabled\n".utf8), to: scratch.appending("status"))
            #expect(registration(KernelRelease(6, 6))?.remedy == "echo 1 | sudo tee \(scratch)/status")
        }
    }

    @Test func aWorkingRuleServesRootsOnlyWithItsInterpreterHeldOpen() {
        func status(_ flags: BinfmtRule.Flags, enabled: Bool = true, _ outcome: Probe.Outcome = .works) -> BinfmtStatus
        {
            let rule = BinfmtRule(for: foreign, interpreter: "/q", flags: flags)
            return BinfmtStatus(
                architecture: foreign, state: .enabled, entries: [BinfmtEntry(rule: rule, isEnabled: enabled)],
                outcome: outcome)
        }
        #expect(status([.fixBinary]).worksInRoots)
        #expect(!status([.preserveArgument0]).worksInRoots)
        #expect(status([], enabled: false).worksInRoots)
        #expect(!status([.fixBinary], .fails("dead")).worksInRoots)
    }
}
