// SPDX-License-Identifier: Apache-2.0

import Architectures
import Emulation
import Failures
import Testing

@testable import Provisioning

@Suite struct EmulationChoiceTests {
    private let new = KernelRelease(6, 12)

    @Test func whatTheMachineRunsNeedsNothing() throws {
        let nothing = EmulationChoice(rules: [], environment: [:], personality: 0)
        for privately in [true, false] {
            #expect(
                try EmulationChoice.make(
                    for: .arm64, privately: privately, cpu: nil, trustsSetuid: false, kernel: new, host: .arm64)
                    == nothing)
        }
        #expect(
            try EmulationChoice.make(
                for: .amd64, privately: true, cpu: nil, trustsSetuid: false, kernel: new, host: .amd64) == nothing)
    }

    /// `uname -m` is to say i686 (PER_LINUX32).
    @Test func thirtyTwoBitsOnSixtyFour() throws {
        let choice = try EmulationChoice.make(
            for: .i386, privately: true, cpu: nil, trustsSetuid: false, kernel: new, host: .amd64)
        #expect(choice == EmulationChoice(rules: [], environment: [:], personality: 8))
    }

    /// Where this machine has no qemu, the error that says so is the answer.
    @Test func aKernelWithPrivateRulesGetsOne() throws {
        let choice = Result { () throws(ProvisioningError) in
            try EmulationChoice.make(
                for: .arm64, privately: true, cpu: "cortex-a57", trustsSetuid: true, kernel: new, host: .amd64)
        }
        switch choice {
        case .success(let choice):
            #expect(choice.rules.map(\.name) == ["qemu-aarch64"])
            #expect(choice.rules.allSatisfy { $0.flags.isSuperset(of: [.fixBinary, .credentials]) })
            #expect(choice.environment == ["QEMU_CPU": "cortex-a57"])
        case .failure(let error):
            #expect(error.status == .badConfiguration)
            #expect(error.remedy != nil)
        }
    }
}
