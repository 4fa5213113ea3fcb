// SPDX-License-Identifier: Apache-2.0

import Architectures
import Emulation
import Testing

@Suite struct ProbeTests {
    @Test(arguments: Architecture.allCases)
    func probesAreSmallProgramsOfTheirArchitecture(_ architecture: Architecture) throws {
        #expect(architecture.probeProgram.count <= 200)
        #expect(try #require(ELFHeaders(parsing: architecture.probeProgram)).identity == architecture.elf)
    }

    @Test func theHostsOwnProgramsNeedNoRegistration() throws {
        #expect(try Probe.run(Architecture.host) == .works)
    }

    @Test(arguments: Architecture.allCases)
    func everyInterpreterOfThisHostExecutesItsProbe(_ architecture: Architecture) throws {
        let interpreter: Interpreter
        do throws(EmulationError) {
            interpreter = try Interpreter.find(architecture)
        } catch {
            guard error.kind == .noInterpreter || error.kind == .unusableInterpreter else { throw error }
            print("not tried here: \(error.problem), \(error.cause ?? "")")
            return
        }
        let cpu = EmulatedCPU.choose(architecture, version: interpreter.version, environment: nil)
        #expect(try Probe.run(interpreter, cpu: cpu) == .works)
        // The CPU is passed: one that does not exist is a failure.
        #expect(try Probe.run(interpreter, cpu: "no-such-cpu") != .works)
    }
}
