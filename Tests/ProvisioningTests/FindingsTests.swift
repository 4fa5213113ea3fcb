// SPDX-License-Identifier: Apache-2.0

import Failures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct FindingsTests {
    private func write(_ text: String, to path: FilePath) throws {
        try path.removingLastComponent().makeDirectories()
        try AtomicFile.write(Array(text.utf8), to: path)
    }

    @Test(arguments: [
        ("sys/user/max_user_namespaces", "0", "user.max_user_namespaces"),
        ("sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        ("sys/kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
    ])
    func aKernelThatForbidsNamespacesIsRecognised(file: String, value: String, setting: String) throws {
        try withScratchDirectory { scratch in
            let findings = NamespaceFindings(proc: scratch, etc: scratch, user: 1000)
            #expect(findings.obstacle == nil)
            try write(value + "\n", to: scratch.pushing(FilePath(file)))
            #expect(findings.obstacle?.remedy?.contains(setting) == true)
        }
    }

    @Test func missingSubordinateIdsAndProgramsAreTold() throws {
        try withScratchDirectory { scratch in
            let findings = NamespaceFindings(proc: scratch, etc: scratch, user: 4_000_000)
            try write("4000000:100000:65536\n", to: scratch.appending("subuid"))
            #expect(findings.subordinateIds(path: ["/usr/bin"]).remedy?.contains("--add-subgids") == true)
            try write("someone:100000:65536\n4000000:100000:65536\n", to: scratch.appending("subgid"))
            #expect(findings.subordinateIds(path: [scratch]).remedy?.contains("uidmap") == true)
            for program in ["newuidmap", "newgidmap"] {
                try AtomicFile.write([], to: scratch.appending(program), permissions: FilePermissions(rawValue: 0o755))
            }
            #expect(findings.subordinateIds(path: [scratch]).state == .ok)
        }
    }

    @Test func missingProgramsAndCertificatesAreProblemsWithARemedy() throws {
        try withScratchDirectory { scratch in
            let findings = ToolFindings(path: [scratch], environment: [:], bundles: [scratch.appending("none")])
            // Images are for those who want them.
            #expect(findings.findings().map(\.state) == [.problem, .problem, .ok])
            #expect(findings.findings().prefix(2).allSatisfy { $0.remedy != nil })
            let named = ToolFindings(
                path: [scratch], environment: ["SSL_CERT_FILE": "\(scratch)/mine.pem"], bundles: ToolFindings.bundles)
            #expect(named.findings()[1].remedy == "unset SSL_CERT_FILE")
        }
    }

    @Test func leftoversAreFoundAndLiveWorkIsNot() throws {
        try withScratchDirectory { scratch in
            let store = RootStore(scratch.appending("roots"))
            let live = try store.stage(try RootName("live"))
            func leftovers() -> Bool { StorageFindings(store).findings().contains { $0.subject == "leftovers" } }
            #expect(!leftovers())
            _ = try store.stage(try RootName("dead"))
            #expect(leftovers())
            try live.discard(using: DirectPerformer())
        }
    }

    @Test func littleSpaceIsTold() {
        let full = Space(freeBytes: 1_000_000, freeInodes: 5, allInodes: 100)
        #expect(full.bytesFinding("/d").state == .warning)
        #expect(full.inodesFinding("/d")?.state == .warning)
        #expect(Space(freeBytes: 1 << 40, freeInodes: 0, allInodes: 0).inodesFinding("/d") == nil)
    }
}
