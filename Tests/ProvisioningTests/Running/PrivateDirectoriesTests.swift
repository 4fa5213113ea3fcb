// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct PrivateDirectoriesTests {
    @Test(arguments: [
        "/", "/etc", "/usr", "/usr/lib", "/var", "/var/tmp", "/tmp", "/usr/../etc/", "/proc/self/root/usr",
    ])
    func theSystemsOwnArePrivate(path: String) {
        #expect(PrivateDirectories(homes: []).contain(FilePath(path)))
    }

    @Test func aHomeIsPrivateAndWhatItLiesInAndNothingBelow() throws {
        try withScratchDirectory { scratch in
            let home = scratch.appending(FilePath("homes/u").components)
            try home.appending("xen").makeDirectories()
            try scratch.appending("other").makeDirectories()
            try Directory.open(scratch).makeSymbolicLink("link", to: "homes/u")
            // The account's entry may name a link; getcwd(2) does not.
            for name in [home, scratch.appending("link")] {
                let directories = PrivateDirectories(homes: [name], system: [])
                for path in [home, scratch.appending("homes"), scratch, scratch.appending("link"), "/"] {
                    #expect(directories.contain(path), "\(path)")
                }
                for path in [home.appending("xen"), scratch.appending("other"), scratch.appending("none")] {
                    #expect(!directories.contain(path), "\(path)")
                }
            }
        }
    }

    @Test func homesAreTheEnvironmentsAndTheAccounts() {
        #expect(PrivateDirectories.homes(environment: ["HOME": "/h", "SUDO_USER": "root"]).first == "/h")
        #expect(PrivateDirectories.homes(environment: ["SUDO_USER": "root"]).contains("/root"))
        #expect(!PrivateDirectories.homes(environment: ["SUDO_USER": "no such user"]).isEmpty)
        // Not what a shell without a home says.
        #expect(!PrivateDirectories(homes: ["", "relative"], system: []).contain("/usr"))
    }
}
