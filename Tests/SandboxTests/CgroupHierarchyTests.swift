// SPDX-License-Identifier: Apache-2.0

import Failures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Sandbox

/// On plain directories that say what a cgroup's files would.
@Suite struct CgroupHierarchyTests {
    private func make(_ path: FilePath, _ files: [String: String]) throws {
        try path.makeDirectories()
        var all = ["cgroup.controllers": "cpu memory pids\n", "cgroup.subtree_control": "", "cgroup.procs": ""]
        all.merge(files) { $1 }
        for (name, text) in all { try AtomicFile.write(Array(text.utf8), to: path.appending(name)) }
    }

    /// "No Internal Process Constraint": what has processes, but for the top of the machine, cannot be divided.
    @Test func theNearestOneWithoutProcessesIsDivided() throws {
        try withScratchDirectory { top in
            let slice = top.appending("slice")
            let own = slice.appending("shell")
            try make(top, ["cgroup.procs": "1\n"])
            try make(slice, ["cgroup.type": "domain\n"])
            try make(own, ["cgroup.type": "domain\n", "cgroup.procs": "7\n8\n"])
            let hierarchy = CgroupHierarchy(top: top, own: own)
            #expect(hierarchy.parent(for: ["memory", "pids"], process: 8) == slice)
            #expect(slice.setting("cgroup.subtree_control") == "+memory +pids")
            // Threaded: its children have the type "domain invalid" and take no process.
            try make(slice, ["cgroup.type": "domain threaded\n"])
            #expect(hierarchy.parent(for: ["memory"], process: 8) == top)
            try make(slice, ["cgroup.type": "domain\n", "cgroup.controllers": "pids\n"])
            #expect(hierarchy.parent(for: ["memory"], process: 8) == top)
            try make(top, ["cgroup.type": "domain\n", "cgroup.procs": "1\n"])
            #expect(hierarchy.parent(for: ["memory"], process: 8) == nil)
        }
    }

    @Test func whatIsThisProcesssAloneIsDividedOnceItHasStoodAside() throws {
        try withScratchDirectory { top in
            let own = top.appending("scope")
            try make(top, ["cgroup.type": "domain\n", "cgroup.procs": "1\n"])
            try make(own, ["cgroup.type": "domain\n", "cgroup.procs": "8\n"])
            try make(own.appending("supervisor"), [:])
            #expect(CgroupHierarchy(top: top, own: own).parent(for: ["cpu"], process: 8) == own)
            #expect(own.appending("supervisor").setting("cgroup.procs") == "8")
        }
    }

    @Test func aRefusalSaysWhyAndWhatToDo() {
        let error = SandboxError.limits("no cgroup v2 is mounted", remedy: "mount it")
        #expect(error.refusesLimits && error.status == .notPermitted)
        #expect(error.cause == "no cgroup v2 is mounted" && error.remedy == "mount it")
        #expect(!SandboxError(.namespacesDenied, "").refusesLimits)
    }
}
