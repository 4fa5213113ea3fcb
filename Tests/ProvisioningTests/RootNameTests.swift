// SPDX-License-Identifier: Apache-2.0

import Provisioning
import Testing

@Suite struct RootNameTests {
    @Test(arguments: ["a", "0", "xen", "debian-12_arm64.1", String(repeating: "a", count: 64)])
    func isTaken(name: String) throws {
        #expect(try RootName(name).description == name)
    }

    @Test(arguments: [
        "", ".", "..", "-x", "_x", ".staging-1", "Xen", "a/b", "a b", "ä", "a\n", "a\0b",
        String(repeating: "a", count: 65),
    ])
    func isRefused(name: String) {
        #expect(throws: ProvisioningError.self) { try RootName(name) }
    }
}
