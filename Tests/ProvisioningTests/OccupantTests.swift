// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct OccupantTests {
    @Test func aProcessThatWorksInATreeIsFoundAndOneBesideItIsNot() throws {
        try withScratchDirectory { scratch in
            let top = try Directory.open(scratch)
            try top.makeDirectory("tree")
            try top.openDirectory("tree").makeDirectory("deep")
            try top.makeDirectory("tree2")
            var process: pid_t = 0
            let script = "cd \(scratch)/tree/deep && echo && exec sleep 60"
            let arguments: [UnsafeMutablePointer<CChar>?] =
                (["sh", "-c", script] as [String]).map { strdup($0) } + [nil]
            defer { arguments.forEach { free($0) } }
            var pipe: [CInt] = [0, 0]
            #expect(Glibc.pipe(&pipe) == 0)
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
            defer { posix_spawn_file_actions_destroy(&actions) }
            #expect(posix_spawn(&process, "/bin/sh", &actions, nil, arguments, environ) == 0)
            var byte: UInt8 = 0
            #expect(read(pipe[0], &byte, 1) == 1)
            pipe.forEach { close($0) }
            defer {
                kill(process, SIGKILL)
                waitpid(process, nil, 0)
            }
            #expect(try Occupant.first(in: scratch.appending("tree"))?.process == process)
            #expect(try Occupant.first(in: scratch.appending("tree2")) == nil)
        }
    }
}
