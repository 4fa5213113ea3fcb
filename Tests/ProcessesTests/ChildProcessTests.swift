// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Processes
import SystemPackage
import Testing

@Suite struct ChildProcessTests {
    @Test func givesBothStreamsAndTheStatus() throws {
        let child = try ChildProcess.run("/bin/sh", ["-c", "echo $A; echo bad >&2; exit 7"], environment: ["A=out"])
        #expect(child.outputText == "out\n")
        #expect(child.errorText == "bad\n")
        #expect(child.end == .exited(7))
    }

    @Test func oneThatDoesNotEndIsKilled() throws {
        let child = try ChildProcess.run("/bin/sh", ["-c", "exec sleep 60"], timeout: .milliseconds(50))
        #expect(child.end == .timedOut)
    }

    @Test func aMissingProgramIsAnError() throws {
        #expect(throws: FilesystemError("execute", "/no/such/program", .noSuchFileOrDirectory)) {
            try ChildProcess.run("/no/such/program")
        }
        #expect(ChildProcess.find("no-such-program-at-all") == nil)
        #expect(ChildProcess.find("sh") != nil)
    }
}
